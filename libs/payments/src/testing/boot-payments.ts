import { Authenticator, Clock, Database, newId, type Principal } from '#kernel';
import {
  bindGlobally,
  bootTestHttp,
  bootTestModule,
  type TestDatabase,
  type TestDialect,
} from '#kernel/testing';
import { AuditModule } from '#audit';
import type { Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LedgerService } from '#ledger';
import { PrivacyModule } from '#privacy';
import { VaultModule } from '#vault';
import { SandboxGateway } from '../gateways/sandbox/sandbox.gateway.js';
import { PaymentsModule } from '../payments.module.js';
import { PaymentsService, type PaymentRequest } from '../payments.service.js';
import { PaymentResolver } from '../use-cases/resolver.js';
import { Settlement } from '../use-cases/settlement.js';

/** Believes who the caller says to be: `Bearer <user id> <permission> …`. */
class BelieveCaller extends Authenticator {
  async authenticate({ headers }: FastifyRequest): Promise<Principal | undefined> {
    const [scheme, id, ...permissions] = (headers.authorization ?? '').split(' ');
    if (scheme !== 'Bearer' || !id) return undefined;
    return { kind: 'user', id, permissions: new Set(permissions) };
  }
}

/** Everything below payments, for real, but for authentication. */
export const roomsBelow = [
  VaultModule,
  AuditModule,
  PrivacyModule,
  bindGlobally({ provide: Authenticator, useClass: BelieveCaller }),
];

export type BootedPayments = Awaited<ReturnType<typeof bootPayments>>;

/** Boots payments without HTTP, with a clock that the test can move. */
export async function bootPayments(dialect: TestDialect, database?: TestDatabase) {
  const app = await bootTestModule({
    dialect,
    imports: [...roomsBelow, PaymentsModule],
    ...(database ? { database } : {}),
  });
  const clock = app.get(Clock);
  let aheadMs = 0;
  clock.now = () => new Date(Date.now() + aheadMs);
  const resolver = app.get(PaymentResolver);
  const data = app.get(Database);
  return {
    ...app,
    data,
    payments: app.get(PaymentsService),
    ledger: app.get(LedgerService),
    settlement: app.get(Settlement),
    sandbox: app.get(SandboxGateway),
    resolver,
    advance(ms: number): void {
      aheadMs += ms;
    },
    /** Lets time pass until nothing is left in processing. */
    async resolveAll(): Promise<void> {
      for (let round = 0; round < 10; round += 1) {
        aheadMs += 3_600_000;
        while (await resolver.resolveDue());
      }
    },
    async column<Value>(table: string, column: string, where = '1 = 1'): Promise<Value[]> {
      const rows = await data.query<{ value: Value }>(
        `SELECT ${column} AS value FROM ${table} WHERE ${where}`,
      );
      return rows.map(({ value }) => value);
    },
  };
}

/** Boots payments behind HTTP; callers are whom they say. */
export async function bootPaymentsHttp(dialect: TestDialect) {
  const booted = await bootTestHttp({ dialect, imports: [...roomsBelow, PaymentsModule] });
  const get = <T>(token: Type<T>) => booted.app.get(token, { strict: false });
  const clock = get(Clock);
  return {
    ...booted,
    get,
    advance(ms: number): void {
      const now = clock.now.bind(clock);
      clock.now = () => new Date(now().getTime() + ms);
    },
    /** Sends a request as `caller` (`<user id> <permission> …`); a body makes it a POST with an idempotency key. */
    async call(
      caller: string,
      method: 'GET' | 'POST',
      url: string,
      body?: object,
      key: string = newId('key'),
    ) {
      const response = await booted.inject({
        method,
        url,
        headers: { authorization: `Bearer ${caller}`, 'idempotency-key': key },
        ...(body ? { payload: body } : {}),
      });
      return {
        status: response.statusCode,
        replayed: response.headers['idempotent-replayed'],
        body: (response.payload === '' ? undefined : response.json()) as Answer,
      };
    },
  };
}

export type BootedPaymentsHttp = Awaited<ReturnType<typeof bootPaymentsHttp>>;

/** A response body, loosely. */
export type Answer = Record<string, unknown> & { readonly id: string; readonly items: Answer[] };

/** An order of a customer of its own. */
export const orderOf = (change: Partial<PaymentRequest> = {}): PaymentRequest => ({
  customerId: newId('usr'),
  amountMinor: 1000n,
  currency: 'EUR',
  captureMode: 'automatic',
  paymentMethod: 'pm_card_success',
  ...change,
});
