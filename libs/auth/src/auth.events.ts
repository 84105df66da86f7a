import { DomainEvent } from '#kernel';

/**
 * Somebody asked for an account; whether the address already has one is found out when the mail is written.
 */
export class RegistrationRequested extends DomainEvent<{ registrationId: string }> {
  static readonly type = 'auth.registration_requested';
}

/** Somebody asked to reset a password; the row knows whether there is one to reset. */
export class PasswordResetRequested extends DomainEvent<{ passwordResetId: string }> {
  static readonly type = 'auth.password_reset_requested';
}

export class PasswordChanged extends DomainEvent<{ userId: string }> {
  static readonly type = 'auth.password_changed';
}

/**
 * A refresh token came a second time: it, or its successor, is in the wrong hands. The session is already
 * revoked.
 */
export class RefreshTokenReused extends DomainEvent<{ userId: string; sessionId: string }> {
  static readonly type = 'auth.refresh_token_reused';
}
