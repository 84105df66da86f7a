import { ADMINISTRATOR, HOT_ROW, population, RELAY } from './population.mjs';

const LIST = '/v1/admin/audit/entries';

/** What an auditor asks, with values that a population of this size has; the same kinds of values at every size. */
export function questionsOf(count) {
  const sample = sampleOf(count);
  const { actorId, sessionId, traceId, resource, resourceId } = sample.payment;
  const resources = '/v1/admin/audit/resources';
  const list = (filters) => `${LIST}?${new URLSearchParams(filters)}`;
  const time = { from: sample.from, to: sample.to };
  return [
    ['no filter', list({})],
    ['resource', list({ resource })],
    ['subject', list({ subject: actorId })],
    ['actor: a person', list({ actor: actorId })],
    ['actor: of a third of all', list({ actor: RELAY })],
    ['session', list({ session: sessionId })],
    ['action: of a quarter', list({ action: 'payment.create' })],
    ['action: of a thousandth', list({ action: 'role.update' })],
    ['outcome: nearly all', list({ outcome: 'succeeded' })],
    ['outcome: a hundredth', list({ outcome: 'failed' })],
    ['purpose', list({ purpose: 'audit.investigation' })],
    ['trace', list({ trace: traceId })],
    ['time', list(time)],
    ['resource + action', list({ resource, action: 'payment.create' })],
    ['subject + action', list({ subject: actorId, action: 'vault.reveal' })],
    ['subject + time', list({ subject: actorId, ...time })],
    ['actor + action', list({ actor: actorId, action: 'user.update' })],
    ['actor + time', list({ actor: ADMINISTRATOR, ...time })],
    ['actor + outcome', list({ actor: RELAY, outcome: 'failed' })],
    ['action + outcome', list({ action: 'payment.create', outcome: 'failed' })],
    ['action + time', list({ action: 'session.log_in', ...time })],
    ['purpose + actor', list({ purpose: 'support', actor: ADMINISTRATOR })],
    ['two that never meet', list({ actor: RELAY, outcome: 'refused' })],
    ['two large ones that never meet', list({ actor: RELAY, action: 'payment.create' })],
    ['history of a resource', `${resources}/payment/${resourceId}/history`],
    ['history of one that changes a lot', `${resources}/user/${HOT_ROW}/history`],
    ['a resource at an instant', `${resources}/payment/${resourceId}?at=${sample.to}`],
    ['one that changes a lot, at an instant', `${resources}/user/${HOT_ROW}?at=${sample.to}`],
  ].map(([name, path]) => ({ name, path }));
}

/** A payment in the middle, and a span of time around it. */
function sampleOf(count) {
  const middle = Math.floor(count / 2);
  let index = 0;
  for (const { entry } of population(count)) {
    index += 1;
    if (index <= middle || entry.action !== 'payment.create' || entry.outcome !== 'succeeded') continue;
    const at = Date.parse(entry.occurredAt);
    return {
      payment: { ...entry, resource: `payment:${entry.resourceId}` },
      from: new Date(at - 1_800_000).toISOString(),
      to: new Date(at + 1_800_000).toISOString(),
    };
  }
  throw new Error(`A population of ${count} has no payment in its second half`);
}
