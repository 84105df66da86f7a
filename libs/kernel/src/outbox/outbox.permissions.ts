import { definePermissions } from '../http/access/permissions.js';

export const kernelPermissions = definePermissions('kernel', {
  'kernel.outbox.read': 'See events that no handler could take',
  'kernel.outbox.replay': 'Send such events to their handlers again',
});
