import { afterAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { logIn, register } from '../support/people.js';
import { StewardProcess, unique } from '../support/steward-process.js';
import { inspect } from '../support/tables.js';
import { until } from '../support/until.js';

const CLIENTS = 6;
const ROUNDS = 2;
const ACKNOWLEDGED_BEFORE_KILL = 60;

// What a crash left unknown is asked for soon, so that the test need not wait.
const environment = { PAYMENT_RESOLVE_AFTER_S: '1' };

interface Attempt {
  readonly key: string;
  readonly amount: number;
  /** Set when the server acknowledged the payment. */
  id?: string;
}

describeOnEveryDialect('kill -9 under load', (dialect) => {
  let steward: StewardProcess | undefined;
  afterAll(async () => {
    await steward?.stop();
  });

  it('loses no acknowledged payment, doubles none, and leaves the ledger balanced', async () => {
    steward = await StewardProcess.start({ dialect, environment });
    const person = await register(steward);
    const attempts: Attempt[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      attempts.push(...(await payUntilKilled(steward, person.accessToken)));
      steward = await StewardProcess.start({ dialect, environment, database: steward.database });
    }
    const { client } = await logIn(steward, person);

    // What the client never got an answer to, it sends again with the same key.
    for (const attempt of attempts) {
      const { data } = await until(
        `an answer to ${attempt.key}`,
        async () => {
          const answer = await client.createPayment(order(attempt));
          return answer.response?.status === 201 ? answer : undefined;
        },
        60_000,
      );
      if (attempt.id !== undefined) expect(data?.id).toBe(attempt.id);
      attempt.id = data?.id ?? '';
    }
    expect(new Set(attempts.map(({ id }) => id)).size).toBe(attempts.length);

    for (const { id, amount } of attempts) {
      const settled = async () => {
        const { data } = await client.getPayment({ path: { id: id ?? '' }, throwOnError: true });
        return data.status === 'processing' ? undefined : data;
      };
      const payment = await until(`payment ${id} to be settled`, settled, 60_000);
      expect(payment).toMatchObject({ status: 'succeeded', amount, amountCaptured: amount });
    }
    await expectBalanced(steward, attempts);
  }, 300_000);
});

/** Many clients pay at once; in the midst of it the process dies. Gives every attempt, answered or not. */
async function payUntilKilled(steward: StewardProcess, accessToken: string): Promise<Attempt[]> {
  const client = steward.client(accessToken);
  const attempts: Attempt[] = [];
  let isDown = false;
  const work = async (): Promise<void> => {
    while (!isDown) {
      const attempt: Attempt = { key: unique('key'), amount: 100 + attempts.length };
      attempts.push(attempt);
      const answer = await client.createPayment(order(attempt)).catch(() => undefined);
      if (answer?.data !== undefined) attempt.id = answer.data.id;
      else if (answer?.response === undefined) return;
      else throw new Error(`unexpected ${answer.response.status}: ${JSON.stringify(answer.error)}`);
    }
  };
  const clients = Array.from({ length: CLIENTS }, work);
  const isAcknowledged = ({ id }: Attempt) => id !== undefined;
  await until('enough acknowledged payments', () =>
    attempts.filter(isAcknowledged).length >= ACKNOWLEDGED_BEFORE_KILL ? true : undefined,
  );
  await steward.kill();
  isDown = true;
  await Promise.all(clients);
  expect(attempts.every(isAcknowledged), 'the process died while nothing was under way').toBe(false);
  return attempts;
}

function order({ key, amount }: Attempt) {
  return {
    body: { amount, currency: 'EUR', paymentMethod: 'pm_card_success' },
    headers: { 'Idempotency-Key': key },
  } as const;
}

/** Every captured payment is booked once, nothing else is booked, and every change names an entry. */
async function expectBalanced(steward: StewardProcess, attempts: readonly Attempt[]): Promise<void> {
  const inspector = await inspect(steward.database);
  try {
    const payments = await inspector.query('SELECT id, amount_captured_minor AS amount FROM payment');
    const transfers = await inspector.query(
      'SELECT reference_id AS id, amount_minor AS amount FROM transfer',
    );
    const sorted = (rows: readonly Record<string, unknown>[]) =>
      rows.map(({ id, amount }) => `${String(id)} ${String(amount)}`).sort();
    expect(payments.length).toBe(attempts.length);
    expect(sorted(transfers)).toEqual(sorted(payments));
    const unexplained = await inspector.query(
      'SELECT c.id, c.table_name FROM row_change c LEFT JOIN audit_entry e ON e.id = c.entry_id WHERE e.id IS NULL',
    );
    expect(unexplained).toEqual([]);
  } finally {
    await inspector.close();
  }
}
