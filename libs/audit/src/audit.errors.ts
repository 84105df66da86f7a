import { defineErrors } from '#kernel';

export const auditErrors = defineErrors('audit', {
  'audit.entry_not_found': {
    status: 404,
    title: 'Audit entry not found',
    detail: 'No audit entry has this id. Check the id.',
  },
});
