import { definePermissions } from '#kernel';

export const auditPermissions = definePermissions('audit', {
  'audit.read': 'Read the audit entries and the changes they account for',
  'audit.export': 'Export audit entries',
  'audit.incidents': 'Find out whose data a session, an actor or a credential saw or changed',
});
