import { definePermissions } from '#kernel';

export const privacyPermissions = definePermissions('privacy', {
  'privacy.read': 'Read the register of processing activities',
});
