import { Clock } from '#kernel';
import { describe, expect, it } from 'vitest';
import type { GatewayOperation, OperationKind } from '../payment-gateway.js';
import { signBody } from './sandbox-signature.js';
import { SandboxGateway } from './sandbox.gateway.js';
import { testMethods } from './test-methods.js';

const secret = 'sandbox-webhook-secret';
const sandbox = new SandboxGateway(
  { production: false, gatewayTimeoutMs: 1000, resolveAfterMs: 1000, sandboxWebhookSecret: secret },
  new Clock(),
);

const operation = (paymentMethod: string, kind: OperationKind = 'authorise'): GatewayOperation => ({
  kind,
  reference: 'pay_1',
  paymentId: 'pay_1',
  gatewayReference: undefined,
  paymentMethod,
  amountMinor: 500n,
  currency: 'EUR',
  capture: 'automatic',
});

/** What the gateway says at once, and what it says when it is asked later. */
async function answers(paymentMethod: string, kind: OperationKind) {
  const asked = operation(paymentMethod, kind);
  const now = await sandbox[kind](asked).then(
    ({ result }) => result,
    (error: Error) => error.name,
  );
  return [now, (await sandbox.retrieve(asked)).result];
}

describe('the sandbox gateway', () => {
  it.each([
    ['pm_card_success', 'authorise', 'captured', 'captured'],
    ['pm_card_declined', 'authorise', 'declined', 'declined'],
    ['pm_card_insufficient_funds', 'authorise', 'declined', 'declined'],
    ['pm_card_needs_action', 'authorise', 'requires_action', 'requires_action'],
    ['pm_card_timeout', 'authorise', 'GatewayTimeout', 'captured'],
    ['pm_card_timeout_failed', 'authorise', 'GatewayTimeout', 'declined'],
    ['pm_card_capture_declined', 'capture', 'declined', 'declined'],
    ['pm_card_capture_timeout', 'capture', 'GatewayTimeout', 'captured'],
    ['pm_card_refund_declined', 'refund', 'declined', 'declined'],
    ['pm_card_refund_timeout', 'refund', 'GatewayTimeout', 'refunded'],
    ['pm_card_refund_timeout_failed', 'refund', 'GatewayTimeout', 'declined'],
    ['pm_nobody_knows', 'authorise', 'declined', 'declined'],
    ['constructor', 'authorise', 'declined', 'declined'],
  ] as const)('answers %s, asked to %s, with %s, and %s later', async (paymentMethod, kind, now, later) => {
    expect(await answers(paymentMethod, kind)).toEqual([now, later]);
  });

  it('does everything else of every test method successfully', async () => {
    for (const method of Object.keys(testMethods)) {
      expect(await answers(method, 'cancel')).toEqual(['canceled', 'canceled']);
      if (!method.includes('refund'))
        expect(await answers(method, 'refund')).toEqual(['refunded', 'refunded']);
      if (!method.includes('capture'))
        expect(await answers(method, 'capture')).toEqual(['captured', 'captured']);
    }
  });

  it('authorises without taking the money when told so', async () => {
    const manual = { ...operation('pm_card_success'), capture: 'manual' as const };
    expect((await sandbox.authorise(manual)).result).toBe('authorised');
  });

  describe('reads a webhook call', () => {
    const body = Buffer.from(JSON.stringify({ paymentId: 'pay_1', outcome: 'approved' }));
    const read = (header: string | undefined, bytes = body) =>
      sandbox.readNotification({
        body: bytes,
        headers: header === undefined ? {} : { 'sandbox-signature': header },
      });

    it('when it is signed', () => {
      const notification = read(signBody(body, secret, new Date()));
      expect(notification?.paymentId).toBe('pay_1');
      expect(notification?.outcomeOf(operation('pm_card_needs_action'))).toMatchObject({
        result: 'captured',
      });
    });

    it('and not when signature, secret, body or time are wrong', () => {
      const good = signBody(body, secret, new Date());
      const old = signBody(body, secret, new Date(Date.now() - 301_000));
      const bad = [
        undefined,
        '',
        'v1=00',
        good.replace(/.$/, 'x'),
        signBody(body, 'another-secret', new Date()),
        old,
      ];
      expect(bad.map((header) => read(header))).toEqual(bad.map(() => undefined));
      expect(read(good, Buffer.from('{}'))).toBeUndefined();
    });

    it.each([
      '{',
      'null',
      '[]',
      '{"paymentId":1,"outcome":"approved"}',
      '{"paymentId":"pay_1","outcome":"maybe"}',
    ])('and not when the signed body is %s', (text) => {
      const bytes = Buffer.from(text);
      expect(read(signBody(bytes, secret, new Date()), bytes)).toBeUndefined();
    });
  });
});
