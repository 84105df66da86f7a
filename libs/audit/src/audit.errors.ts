import { defineErrors } from '#kernel';

export const auditErrors = defineErrors('audit', {
  'audit.entry_not_found': {
    status: 404,
    title: 'Audit entry not found',
    detail: 'No audit entry has this id. Check the id.',
  },
  'audit.purpose_missing': {
    status: 400,
    title: 'A purpose is required',
    detail: 'Name the purpose of revealing personal data in the query parameter purpose.',
  },
});
