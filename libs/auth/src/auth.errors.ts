import { defineErrors } from '#kernel';

export const authErrors = defineErrors('auth', {
  'auth.invalid_credentials': {
    status: 401,
    title: 'Not logged in',
    detail: 'The e-mail address and password do not belong to an active account.',
  },
  'auth.invalid_refresh_token': {
    status: 401,
    title: 'Refresh token not accepted',
    detail: 'The refresh token is unknown, used up, expired or revoked. Log in again.',
  },
  'auth.invalid_link': {
    status: 400,
    title: 'Link not valid',
    detail: 'The token is wrong, used up or expired. Ask for a new mail.',
  },
  'auth.wrong_password': {
    status: 403,
    title: 'Wrong password',
    detail: 'The current password is not the one you sent. Nothing was changed.',
  },
  'auth.session_not_found': {
    status: 404,
    title: 'Session not found',
    detail: 'You have no live session with this id. List your sessions to see them.',
  },
});
