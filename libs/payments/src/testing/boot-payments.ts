import { Clock, Database, newId } from '#kernel';
import {
  bindGlobally,
  bootTestModule,
  nullPorts,
  type TestDatabase,
  type TestDialect,
} from '#kernel/testing';
import { AuditModule } from '#audit';
import { LedgerService } from '#ledger';
import { RevealPolicy, VaultModule } from '#vault';
import { SandboxGateway } from '../gateways/sandbox/sandbox.gateway.js';
import { PaymentsModule } from '../payments.module.js';
import { PaymentsService, type PaymentOrder } from '../payments.service.js';
import { PaymentResolver } from '../use-cases/resolver.js';
import { Settlement } from '../use-cases/settlement.js';

class AllowReveals extends RevealPolicy {
  async check(): Promise<void> {}
}

/** Everything below payments, for real, but for the policy on reveals and authentication. */
export const roomsBelow = [
  VaultModule,
  AuditModule,
  bindGlobally({ provide: RevealPolicy, useClass: AllowReveals }, nullPorts.authenticator),
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

/** An order of a customer of its own. */
export const orderOf = (change: Partial<PaymentOrder> = {}): PaymentOrder => ({
  customerId: newId('usr'),
  amountMinor: 1000n,
  currency: 'EUR',
  captureMode: 'automatic',
  paymentMethod: 'pm_card_success',
  ...change,
});
