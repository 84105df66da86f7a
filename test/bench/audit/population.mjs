// Entries as a busy year leaves them, made from their number alone: the same in every run, one at a time.
const EVERY_MS = 10_000;
/** When the last entry was made. */
const END_MS = Date.UTC(2026, 0, 1);
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** In per mille of all entries; the rest is `payment.settle`. */
const ACTIONS = [
  ['payment.create', 250],
  ['session.log_in', 150],
  ['vault.reveal', 100],
  ['user.update', 50],
  ['payment.capture', 50],
  ['refund.create', 20],
  ['request.refuse', 50],
  ['role.update', 1],
];

export const ADMINISTRATOR = `usr_${'1'.padStart(26, '0')}`;
export const RELAY = 'system:kernel.outbox';
export const HOT_ROW = `usr_${'2'.padStart(26, '0')}`;

/** A number below `below` that looks random and depends on `index` and `salt` alone. */
function drawn(index, salt, below) {
  let hash = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3ce5);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) % below;
}

/** Sixteen digits that look random; the digits of hexadecimal are digits of ids as well. */
const digitsOf = (index, salt) =>
  [salt, salt + 100]
    .map((each) =>
      drawn(index, each, 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');

/** An id of the time `ms` whose other digits depend on `index` and `salt` alone. */
function idAt(prefix, ms, index, salt) {
  let time = '';
  for (let left = ms, digit = 0; digit < 10; digit += 1, left = Math.floor(left / 32))
    time = ALPHABET[left % 32] + time;
  return `${prefix}_${time}${digitsOf(index, salt)}`;
}

function actionOf(index) {
  let left = drawn(index, 1, 1000);
  for (const [action, perMille] of ACTIONS) {
    if (left < perMille) return action;
    left -= perMille;
  }
  return 'payment.settle';
}

/** One person for each hundred entries. */
const userOf = (number) => idAt('usr', 0, number, 20);

/** Who acts, with the session: people, ten entries to a session; an administrator; the relay. */
function actorOf(index, action, people) {
  if (action === 'payment.settle') return { actorKind: 'system', actorId: RELAY, sessionId: null };
  if (action === 'vault.reveal' || action === 'role.update') {
    return {
      actorKind: 'user',
      actorId: ADMINISTRATOR,
      sessionId: idAt('ses', 0, index >> 8, 21),
    };
  }
  const person = drawn(index, 2, people);
  const session = idAt('ses', 0, person * 8 + drawn(index, 3, 8), 22);
  return { actorKind: 'user', actorId: userOf(person), sessionId: session };
}

function outcomeOf(index, action) {
  if (action === 'request.refuse') return { outcome: 'refused', errorCode: 'kernel.forbidden' };
  if (drawn(index, 4, 100) === 0) return { outcome: 'failed', errorCode: 'kernel.internal' };
  return { outcome: 'succeeded', errorCode: null };
}

/** A payment is created, and settled or captured a little later. */
function resourceOf(index, action, { actorId }) {
  if (action === 'request.refuse')
    return { resourceType: 'operation', resourceId: `operation${drawn(index, 5, 40)}` };
  if (action === 'vault.reveal') return { resourceType: null, resourceId: null };
  if (action === 'role.update') return { resourceType: 'role', resourceId: 'support' };
  if (action === 'user.update' || action === 'session.log_in')
    return { resourceType: 'user', resourceId: actorId };
  return {
    resourceType: 'payment',
    resourceId: idAt('pay', 0, (index >> 3) * 2 + drawn(index, 6, 2), 23),
  };
}

/** The subjects of a reveal are listed; whoever acts for themselves is the subject. */
function subjectsOf(index, action, { actorKind, actorId }, people) {
  if (action === 'vault.reveal') {
    const listed = new Set([0, 1, 2].map((each) => userOf(drawn(index, 10 + each, people))));
    return { subjectId: null, listed: [...listed] };
  }
  return { subjectId: actorKind === 'user' && actorId !== ADMINISTRATOR ? actorId : null, listed: [] };
}

/** Every second entry changes a row; every twentieth the same one. */
function changesOf(index, entry) {
  if (entry.outcome !== 'succeeded') return [];
  const rows = [];
  if (entry.resourceType === 'payment') rows.push(['payment', entry.resourceId]);
  if (index % 20 === 0) rows.push(['user', HOT_ROW]);
  return rows.map(([tableName, rowId]) => {
    const image = (status) =>
      JSON.stringify({
        id: rowId,
        customer_id: entry.actorId,
        amount_minor: '1250',
        status: `step ${status}`,
      });
    return { tableName, rowId, operation: 'update', beforeImage: image(index - 1), afterImage: image(index) };
  });
}

/** The first `count` entries: `entry` by property, `subjects` beside its own, and `changes`. */
export function* population(count) {
  const people = Math.max(10, Math.floor(count / 100));
  for (let index = 0; index < count; index += 1) {
    const ms = END_MS - (count - index) * EVERY_MS;
    const action = actionOf(index);
    const actor = actorOf(index, action, people);
    const { subjectId, listed } = subjectsOf(index, action, actor, people);
    const entry = {
      id: idAt('aud', ms, index, 24),
      occurredAt: new Date(ms).toISOString(),
      action,
      ...outcomeOf(index, action),
      ...actor,
      ...resourceOf(index, action, actor),
      subjectId,
      addressSubjectId: actor.actorKind === 'user' ? actor.actorId : null,
      requestId: idAt('req', END_MS - (count - (index & ~1)) * EVERY_MS, index >> 1, 25),
      traceId: digitsOf(index >> 1, 26) + digitsOf(index >> 1, 27),
      purpose: action === 'vault.reveal' ? ['support', 'audit.investigation'][drawn(index, 7, 2)] : null,
      details:
        action === 'vault.reveal'
          ? JSON.stringify({ fields: ['users.email'], subjects: listed.length })
          : null,
      leafIndex: index,
      logNumber: 1,
    };
    yield { entry, subjects: listed, changes: changesOf(index, entry) };
  }
}
