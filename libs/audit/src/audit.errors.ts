import { defineErrors } from '#kernel';

export const auditErrors = defineErrors('audit', {
  'audit.entry_not_found': {
    status: 404,
    title: 'Audit entry not found',
    detail: 'No audit entry has this id. Check the id.',
  },
  'audit.not_sequenced': {
    status: 404,
    title: 'The entry has no place in the log yet',
    detail: 'Entries get their places within seconds. Ask again after the time that Retry-After says.',
  },
  'audit.log_empty': {
    status: 404,
    title: 'The log is empty',
    detail: 'No entry has been sequenced yet. Ask again in a few seconds.',
  },
  'audit.log_not_found': {
    status: 404,
    title: 'No such log',
    detail: 'There is no log with this number. /v1/log/checkpoint leads to the one that grows.',
  },
  'audit.tile_not_found': {
    status: 404,
    title: 'No such tile',
    detail:
      'The path names no tile of the log as it is now. See the size in the checkpoint, and C2SP tlog-tiles.',
  },
  'audit.history_not_kept': {
    status: 404,
    title: 'No history is kept for this type of resource',
    detail: 'Its type is no captured table. Look for its entries instead.',
  },
});
