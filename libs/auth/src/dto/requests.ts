import { Field, LineField, TextField, Trimmed } from '#kernel';
import { IsEmail } from 'class-validator';
import { IsStrongPassword, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from '../passwords/password-rules.js';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery staple';
const NEXT_PASSWORD = 'staple battery horse correct';
const SECRET = 'kQ4dJ0wYv1mZ3b9xR7t2u5pL8sN6aEcG';

const REFRESH_TOKEN = 'stw_rt_mVY0TqkUuTz1xB7c9oWqJ2p4sD6fG8hK0lZ3xC5vB7n';

/** RFC 5321 section 4.5.3.1.3 leaves 254 characters for an address. */
const ADDRESS_LENGTH = 254;

const MailAddressField = (description: string) =>
  TextField(
    { maxLength: ADDRESS_LENGTH, format: 'email', description, example: EMAIL },
    Trimmed(),
    IsEmail(),
  );

/** A password as it is presented; the rules hold for new ones only. UTF-16 counts some characters twice. */
const PresentedPasswordField = (description: string) =>
  TextField({
    minLength: 1,
    maxLength: 2 * PASSWORD_MAX_LENGTH,
    format: 'password',
    description,
    example: PASSWORD,
  });

const NewPasswordField = (example = PASSWORD) =>
  Field(
    {
      description:
        'Any characters; not one of the passwords that are tried first, and not the e-mail address.',
      example,
    },
    {
      type: 'string',
      format: 'password',
      minLength: PASSWORD_MIN_LENGTH,
      maxLength: PASSWORD_MAX_LENGTH,
    },
    IsStrongPassword(),
  );

const TokenField = (description: string, example: string, optional = false) =>
  TextField({ minLength: 1, maxLength: 256, description, example, optional });

export class RegisterRequest {
  @MailAddressField('The address that the account will have.')
  readonly email: string;

  @NewPasswordField()
  readonly password: string;

  @LineField({ maxLength: 200, description: 'Your name, as you write it.', example: 'Ada Lovelace' })
  readonly name: string;
}

export class VerifyEmailRequest {
  @TokenField('The token from the link in the mail.', `reg_01k4z0q8b6f7e9a2c3d4e5f6g7.${SECRET}`)
  readonly token: string;
}

export class LogInRequest {
  @TextField(
    {
      minLength: 1,
      maxLength: ADDRESS_LENGTH,
      description: 'The e-mail address of the account.',
      example: EMAIL,
    },
    Trimmed(),
  )
  readonly email: string;

  @PresentedPasswordField('The password of the account.')
  readonly password: string;

  @TokenField(
    'What this device has from before, so that strangers who try your address cannot lock you out: its last refresh' +
      ' token, though used up or ended, or the token with which you have just reset the password.',
    REFRESH_TOKEN,
    true,
  )
  readonly deviceToken?: string;
}

export class RefreshRequest {
  @TokenField('The refresh token of the last answer. It works once.', REFRESH_TOKEN)
  readonly refreshToken: string;
}

export class ChangePasswordRequest {
  @PresentedPasswordField('The password you have now.')
  readonly currentPassword: string;

  @NewPasswordField(NEXT_PASSWORD)
  readonly newPassword: string;
}

export class RequestPasswordResetRequest {
  @MailAddressField('The e-mail address of the account.')
  readonly email: string;
}

export class ConfirmPasswordResetRequest {
  @TokenField('The token from the link in the mail.', `prs_01k4z0q8b6f7e9a2c3d4e5f6g7.${SECRET}`)
  readonly token: string;

  @NewPasswordField(NEXT_PASSWORD)
  readonly newPassword: string;
}
