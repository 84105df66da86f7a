import { defineErrors } from '#kernel';

export const privacyErrors = defineErrors('privacy', {
  'privacy.purpose_unknown': {
    status: 403,
    title: 'No declared purpose covers this',
    detail: 'Personal data is read only for purposes that a room of the system declares.',
  },
  'privacy.people_only': {
    status: 403,
    title: 'Only a person can do this',
    detail: 'Log in as the person whose data it is.',
  },
  'privacy.login_not_recent': {
    status: 401,
    title: 'The login was too long ago',
    detail:
      'What cannot be undone asks for a login within the last 15 minutes. Log in again and repeat the request.',
  },
});
