import { Clock, InjectConfig, type ConfigOf } from '#kernel';
import { Injectable } from '@nestjs/common';
import { paymentsConfig } from '../../payments.config.js';
import {
  GatewayTimeout,
  PaymentGateway,
  type GatewayNotification,
  type GatewayOperation,
  type GatewayOutcome,
  type OperationKind,
  type WebhookCall,
} from '../payment-gateway.js';
import { signatureHeader, verifySignature } from './sandbox-signature.js';
import { testMethod, type SandboxAnswer } from './test-methods.js';

/**
 * The gateway for trying out: its answers depend on the payment method and on nothing else, so it keeps no state, and
 * asking twice is the same as asking once. No money moves. docs/payments.md lists the payment methods.
 */
@Injectable()
export class SandboxGateway extends PaymentGateway {
  readonly name = 'sandbox';

  constructor(
    @InjectConfig(paymentsConfig) private readonly config: ConfigOf<typeof paymentsConfig>,
    private readonly clock: Clock,
  ) {
    super();
  }

  authorise(operation: GatewayOperation): Promise<GatewayOutcome> {
    return this.reply(operation);
  }

  capture(operation: GatewayOperation): Promise<GatewayOutcome> {
    return this.reply(operation);
  }

  cancel(operation: GatewayOperation): Promise<GatewayOutcome> {
    return this.reply(operation);
  }

  refund(operation: GatewayOperation): Promise<GatewayOutcome> {
    return this.reply(operation);
  }

  async retrieve(operation: GatewayOperation): Promise<GatewayOutcome> {
    const plan = answerTo(operation);
    return plan.answer === 'ask' ? asking(operation) : outcomeOf(operation, plan);
  }

  readNotification(call: WebhookCall): GatewayNotification | undefined {
    const secret = this.config.sandboxWebhookSecret;
    const header = call.headers[signatureHeader];
    if (secret === undefined || typeof header !== 'string') return undefined;
    if (!verifySignature(header, call.body, secret, this.clock.now())) return undefined;
    return parseNotification(call.body);
  }

  private async reply(operation: GatewayOperation): Promise<GatewayOutcome> {
    const plan = answerTo(operation);
    if (plan.answer === 'silence') throw new GatewayTimeout(`no answer to ${operation.reference}`);
    return plan.answer === 'ask' ? asking(operation) : outcomeOf(operation, plan);
  }
}

function answerTo({ kind, paymentMethod }: GatewayOperation): SandboxAnswer {
  if (kind === 'cancel') return { answer: 'reply', truth: 'approve' };
  return testMethod(paymentMethod)[kind];
}

const referenceOf = (operation: GatewayOperation) => `sandbox_${operation.reference}`;

function asking(operation: GatewayOperation): GatewayOutcome {
  return {
    result: 'requires_action',
    gatewayReference: referenceOf(operation),
    nextAction: { type: 'sandbox_webhook', url: '/v1/webhooks/sandbox' },
  };
}

function outcomeOf(operation: GatewayOperation, { truth }: SandboxAnswer): GatewayOutcome {
  const gatewayReference = referenceOf(operation);
  if (truth !== 'approve') return { result: 'declined', gatewayReference, failureCode: truth.decline };
  const done: Record<OperationKind, () => GatewayOutcome> = {
    authorise: () =>
      operation.capture === 'automatic'
        ? { result: 'captured', gatewayReference, amountMinor: operation.amountMinor }
        : { result: 'authorised', gatewayReference },
    capture: () => ({ result: 'captured', gatewayReference, amountMinor: operation.amountMinor }),
    cancel: () => ({ result: 'canceled' }),
    refund: () => ({ result: 'refunded', gatewayReference }),
  };
  return done[operation.kind]();
}

/**
 * The body is `{"paymentId": "pay_…", "outcome": "approved" | "declined"}`; the payment tells whether to capture. It is
 * the customer's word on the authorisation, and says nothing about a capture or a cancellation that is under way.
 */
function parseNotification(body: Buffer): GatewayNotification | undefined {
  let call: unknown;
  try {
    call = JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof call !== 'object' || call === null) return undefined;
  const { paymentId, outcome } = call as Record<string, unknown>;
  if (typeof paymentId !== 'string') return undefined;
  if (outcome !== 'approved' && outcome !== 'declined') return undefined;
  const truth = outcome === 'approved' ? 'approve' : { decline: 'action_declined' };
  return {
    paymentId,
    outcomeOf: (operation) =>
      operation.kind === 'authorise'
        ? outcomeOf(operation, { answer: 'reply', truth })
        : { result: 'unknown' },
  };
}
