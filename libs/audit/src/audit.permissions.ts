import { definePermissions } from '#kernel';

export const auditPermissions = definePermissions('audit', {
  'audit.read': 'Read the audit entries and the changes they account for',
});
