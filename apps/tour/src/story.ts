import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseVkey, verifyTlogProof } from '#audit';
import { createSteward, type Steward } from '#client';
import { tokenFromMail } from './mailbox.js';
import { Narrator } from './narrator.js';

/** Where the story takes place. */
export interface Stage {
  readonly baseUrl: string;
  /** Where the server writes its mail. */
  readonly mailDir: string;
  readonly administrator: { readonly email: string; readonly password: string };
}

const throwOnError = true;

/** Somebody registers, pays, is refunded, exports their data and leaves; an administrator watches the record, and a stranger checks it. */
export async function tellStory(stage: Stage, write: (line: string) => void): Promise<void> {
  const tell = new Narrator(write);
  const email = `ada.${randomBytes(3).toString('hex')}@example.com`;
  const password = 'the analytical engine weaves';
  const person = await becomeCustomer(tell, stage, { email, password, name: 'Ada Lovelace' });
  const paymentId = await payAndRefund(tell, person.client);
  const administrator = await logIn(stage, stage.administrator);
  await readTheRecord(tell, administrator, paymentId);
  await lookAtPerson(tell, administrator, person.id);
  await exportData(tell, person.client);
  await erase(tell, person.client);
  const entryId = await lookAgain(tell, administrator, person.id, paymentId);
  await checkProof(tell, stage, administrator, entryId);
}

async function becomeCustomer(
  tell: Narrator,
  stage: Stage,
  form: { email: string; password: string; name: string },
): Promise<{ id: string; client: Steward }> {
  const anonymous = createSteward({ baseUrl: stage.baseUrl });
  tell.step(`${form.name} registers`);
  const registered = await anonymous.registerAccount({ body: form, throwOnError });
  tell.say(`POST /v1/auth/register → ${registered.response.status} “${registered.data.message}”`);
  tell.say('The answer is the same for an address that has an account already.');
  tell.step('She follows the link in the mail');
  const token = await tokenFromMail(stage.mailDir, form.email);
  const { data, response } = await anonymous.verifyEmail({ body: { token }, throwOnError });
  tell.say(`POST /v1/auth/verify-email → ${response.status}, the account ${data.userId} exists`);
  tell.step('She logs in');
  const client = await logIn(stage, form);
  const me = await client.getMyProfile({ throwOnError });
  tell.say(`POST /v1/auth/login → 200, GET /v1/users/me → ${me.data.name} <${me.data.email}>`);
  return { id: data.userId, client };
}

async function logIn(stage: Stage, body: { email: string; password: string }): Promise<Steward> {
  const { email, password } = body;
  const { data } = await createSteward({ baseUrl: stage.baseUrl }).logIn({
    body: { email, password },
    throwOnError,
  });
  return createSteward({ baseUrl: stage.baseUrl, accessToken: () => data.accessToken });
}

async function payAndRefund(tell: Narrator, client: Steward): Promise<string> {
  tell.step('She pays €19.99');
  const request = {
    body: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_success', metadata: { orderId: '1042' } },
    headers: { 'Idempotency-Key': randomBytes(12).toString('hex') },
    throwOnError,
  } as const;
  const { data: payment } = await client.createPayment(request);
  tell.say(`POST /v1/payments → ${payment.id} ${payment.status}`);
  const { data: again } = await client.createPayment(request);
  tell.say(`The same request once more, as after a lost answer → the same payment ${again.id}`);
  if (again.id !== payment.id) throw new Error('One idempotency key made two payments.');
  tell.step('She gets €5.00 back');
  const { data: refund } = await client.refundPayment({
    path: { id: payment.id },
    body: { amount: 500, reason: 'Arrived broken' },
    headers: { 'Idempotency-Key': randomBytes(12).toString('hex') },
    throwOnError,
  });
  tell.say(`POST /v1/payments/{id}/refunds → ${refund.id} ${refund.status}`);
  const tooMuch = await client.refundPayment({
    path: { id: payment.id },
    body: { amount: 1500 },
    headers: { 'Idempotency-Key': randomBytes(12).toString('hex') },
  });
  tell.say(`€15.00 more would exceed what was taken → ${tooMuch.response?.status} ${tooMuch.error?.code}`);
  return payment.id;
}

async function readTheRecord(tell: Narrator, administrator: Steward, paymentId: string): Promise<void> {
  tell.step('An administrator reads what is on the record about the payment');
  const { data: page } = await administrator.listAuditEntries({
    query: { resource: `payment:${paymentId}` },
    throwOnError,
  });
  for (const { id } of page.items.toReversed()) {
    const { data: entry } = await administrator.getAuditEntry({ path: { id }, throwOnError });
    tell.say(`${entry.occurredAt}  ${entry.action}  ${entry.outcome}  by ${entry.actorId}`);
    for (const change of entry.changes) {
      tell.table(
        change.fields
          .filter(({ field }) => /status|amount|metadata/.test(field))
          .map(({ field, before, after }) => [
            `${change.operation} ${change.table}.${field}`,
            before ?? '–',
            '→',
            after ?? '–',
          ]),
      );
    }
  }
  tell.say('The database itself captured these row changes; personal values rest sealed.');
}

async function lookAtPerson(tell: Narrator, administrator: Steward, id: string): Promise<void> {
  tell.step('The administrator looks at the account, and that look is on the record as well');
  const { data: user } = await administrator.getUser({ path: { id }, throwOnError });
  tell.say(`GET /v1/admin/users/{id} → ${user.name} <${user.email}>`);
  const { data: reveals } = await administrator.listAuditEntries({
    query: { subject: id, action: 'vault.reveal', limit: 1 },
    throwOnError,
  });
  const [reveal] = reveals.items;
  if (reveal === undefined) throw new Error('The reveal is not on the record.');
  tell.say(`${reveal.occurredAt}  ${reveal.action}  by ${reveal.actorId}  for ${reveal.purpose}`);
}

async function exportData(tell: Narrator, client: Steward): Promise<void> {
  tell.step('She exports everything that is held on her');
  const { data } = await client.exportMyData({ throwOnError });
  tell.table(
    data.categories
      .filter(({ records }) => records.length > 0)
      .map(({ category, fields, records }) => [
        category,
        `${records.length} record(s)`,
        fields.map(({ label }) => label).join(', ') || 'facts about her, such as times',
      ]),
  );
}

async function erase(tell: Narrator, client: Steward): Promise<void> {
  tell.step('She erases her account');
  const { data } = await client.eraseMyAccount({ throwOnError });
  tell.say(`POST /v1/users/me/erasure → her key is destroyed, in effect everywhere by ${data.effectiveBy}`);
  for (const { retention, kept } of data.retained)
    tell.say(`kept under a key of its own: ${retention} (${kept})`);
  const after = await client.getMyProfile();
  tell.say(`GET /v1/users/me → ${after.response?.status}: her tokens are dead`);
}

async function lookAgain(
  tell: Narrator,
  administrator: Steward,
  id: string,
  paymentId: string,
): Promise<string> {
  tell.step('The administrator looks again');
  const user = await administrator.getUser({ path: { id } });
  tell.say(
    `GET /v1/admin/users/{id} → name ${user.data?.name ?? 'erased'}, address ${user.data?.email ?? 'erased'}`,
  );
  const { data: entries } = await administrator.listAuditEntries({
    query: { subject: id, limit: 100 },
    throwOnError,
  });
  tell.say(`${entries.items.length} entries about her remain, such as the one that made her account:`);
  const created = entries.items.find(({ action }) => action === 'registration.verify');
  if (created === undefined) throw new Error('The entry that made the account is gone.');
  const { data: entry } = await administrator.getAuditEntry({ path: { id: created.id }, throwOnError });
  for (const { table, operation, fields } of entry.changes.filter((change) => change.table === 'user')) {
    tell.table(fields.map(({ field, after }) => [`${operation} ${table}.${field}`, after ?? '–']));
  }
  tell.say('What is sealed there was readable under her key only, and that key no longer exists.');
  const { data: payment } = await administrator.listAuditEntries({
    query: { resource: `payment:${paymentId}` },
    throwOnError,
  });
  tell.say(`Entries that still account for the payment: ${payment.items.length}.`);
  return created.id;
}

async function checkProof(
  tell: Narrator,
  stage: Stage,
  administrator: Steward,
  entryId: string,
): Promise<void> {
  tell.step('A stranger checks that this entry is in the log, with nothing but its public key');
  const { data: vkeys } = await createSteward({ baseUrl: stage.baseUrl }).getLogKey({ throwOnError });
  const logKeys = vkeys.trim().split('\n').map(parseVkey);
  tell.say(`GET /v1/log/key → ${logKeys[0]?.vkey}`);
  const data = await proofOf(administrator, entryId);
  const leaf = Buffer.from(data.leaf, 'base64');
  const verdict = verifyTlogProof({ leaf, proof: data.proof, logKeys });
  if (!verdict.valid) throw new Error(`The proof does not hold: ${verdict.reason}`);
  const { size, origin } = verdict.checkpoint;
  tell.say(`The proof holds: leaf ${verdict.index} of ${size} in ${origin}, under a signed checkpoint`);
  const forged = Buffer.from(leaf.toString().replace('"succeeded"', '"refused"'));
  const refusal = verifyTlogProof({ leaf: forged, proof: data.proof, logKeys });
  if (refusal.valid) throw new Error('The proof holds for a forged leaf.');
  tell.say(`With another outcome written into the leaf it does not: ${refusal.reason}`);
}

/** The proof of an entry, as soon as the entry has its place in the log, which takes about a second. */
async function proofOf(administrator: Steward, id: string): Promise<{ leaf: string; proof: string }> {
  for (let tries = 1; ; tries += 1) {
    const { data, error } = await administrator.getAuditEntryProof({ path: { id } });
    if (data) return data;
    if (error.code !== 'audit.not_sequenced' || tries === 100) throw new Error(error.detail);
    await delay(100);
  }
}
