import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsEmail, IsString, Length, MaxLength } from 'class-validator';
import { IsId } from '#kernel';
import { IsVisibleText, Trimmed } from '#users';
import { IsStrongPassword, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from '../passwords/password-rules.js';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery staple';

/** RFC 5321 section 4.5.3.1.3 leaves 254 characters for an address. */
const IsMailAddress = () => applyDecorators(Trimmed(), IsEmail(), MaxLength(254));

/** A password as it is presented; the rules hold for new ones only. UTF-16 counts some characters twice. */
const IsPresentedPassword = () => applyDecorators(IsString(), Length(1, 2 * PASSWORD_MAX_LENGTH));

const IsToken = () => applyDecorators(IsString(), Length(1, 256));

const NEW_PASSWORD = {
  example: PASSWORD,
  format: 'password',
  minLength: PASSWORD_MIN_LENGTH,
  maxLength: PASSWORD_MAX_LENGTH,
  description: 'Any characters; not one of the passwords that are tried first, and not the e-mail address.',
};

export class RegisterRequest {
  @ApiProperty({
    example: EMAIL,
    format: 'email',
    maxLength: 254,
    description: 'The address that the account will have.',
  })
  @IsMailAddress()
  readonly email: string;

  @ApiProperty(NEW_PASSWORD)
  @IsStrongPassword()
  readonly password: string;

  @ApiProperty({
    example: 'Ada Lovelace',
    minLength: 1,
    maxLength: 200,
    description: 'Your name, as you write it.',
  })
  @IsVisibleText(200)
  readonly name: string;
}

export class VerifyEmailRequest {
  @ApiProperty({
    example: 'reg_01k4z0q8b6f7e9a2c3d4e5f6g7.kQ4dJ0wYv1mZ3b9xR7t2u5pL8sN6aEcG',
    maxLength: 256,
    description: 'The token from the link in the mail.',
  })
  @IsToken()
  readonly token: string;
}

export class LogInRequest {
  @ApiProperty({ example: EMAIL, maxLength: 254, description: 'The e-mail address of the account.' })
  @Trimmed()
  @IsString()
  @Length(1, 254)
  readonly email: string;

  @ApiProperty({
    example: PASSWORD,
    format: 'password',
    maxLength: 512,
    description: 'The password of the account.',
  })
  @IsPresentedPassword()
  readonly password: string;
}

export class RefreshRequest {
  @ApiProperty({
    example: 'stw_rt_mVY0TqkUuTz1xB7c9oWqJ2p4sD6fG8hK0lZ3xC5vB7n',
    maxLength: 256,
    description: 'The refresh token of the last answer. It works once.',
  })
  @IsToken()
  readonly refreshToken: string;
}

export class ChangePasswordRequest {
  @ApiProperty({
    example: PASSWORD,
    format: 'password',
    maxLength: 512,
    description: 'The password you have now.',
  })
  @IsPresentedPassword()
  readonly currentPassword: string;

  @ApiProperty({ ...NEW_PASSWORD, example: 'staple battery horse correct' })
  @IsStrongPassword()
  readonly newPassword: string;
}

export class RequestPasswordResetRequest {
  @ApiProperty({
    example: EMAIL,
    format: 'email',
    maxLength: 254,
    description: 'The e-mail address of the account.',
  })
  @IsMailAddress()
  readonly email: string;
}

export class ConfirmPasswordResetRequest {
  @ApiProperty({
    example: 'prs_01k4z0q8b6f7e9a2c3d4e5f6g7.kQ4dJ0wYv1mZ3b9xR7t2u5pL8sN6aEcG',
    maxLength: 256,
    description: 'The token from the link in the mail.',
  })
  @IsToken()
  readonly token: string;

  @ApiProperty({ ...NEW_PASSWORD, example: 'staple battery horse correct' })
  @IsStrongPassword()
  readonly newPassword: string;
}

export class SessionIdParam {
  @ApiProperty({ example: 'ses_01k4z0q8b6f7e9a2c3d4e5f6g7', description: 'The id of the session.' })
  @IsId('ses')
  readonly id: string;
}
