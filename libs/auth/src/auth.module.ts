import { Global, Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { Authenticator, feature } from '#kernel';
import { UsersModule } from '#users';
import { AuthLimits } from './auth-limits.js';
import { authConfig } from './auth.config.js';
import { AuthController } from './auth.controller.js';
import { authErrors } from './auth.errors.js';
import {
  PasswordChanged,
  PasswordResetRequested,
  RefreshTokenReused,
  RegistrationRequested,
} from './auth.events.js';
import { authPurposes } from './auth.purposes.js';
import { PasswordCredential } from './entities/password-credential.entity.js';
import { PasswordReset } from './entities/password-reset.entity.js';
import { PendingRegistration } from './entities/pending-registration.entity.js';
import { RefreshToken } from './entities/refresh-token.entity.js';
import { Session } from './entities/session.entity.js';
import { ErasureOfCredentials } from './erasure-of-credentials.js';
import { FirstAdministrator } from './first-administrator.js';
import { EndSessionsOfDeactivated } from './handlers/end-sessions.js';
import { ForgetMails } from './handlers/forget-mails.js';
import { PasswordMails } from './handlers/password-mails.js';
import { RegistrationMail } from './handlers/registration-mail.js';
import { Housekeeping } from './housekeeping.js';
import { JwksController } from './jwks.controller.js';
import { CreateAuth1700000006000 } from './migrations/1700000006000-create-auth.js';
import { IndexRegistrationsByUser1700000006100 } from './migrations/1700000006100-index-registrations-by-user.js';
import { PasswordsController } from './passwords.controller.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { PasswordsService } from './passwords/passwords.service.js';
import { RegistrationService } from './registration/registration.service.js';
import { SessionsController } from './sessions.controller.js';
import { KnownDevices } from './sessions/known-devices.js';
import { LoginService } from './sessions/login.service.js';
import { SessionsService } from './sessions/sessions.service.js';
import { AccessTokenStrategy } from './tokens/access-token.strategy.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { RefreshTokens } from './tokens/refresh-tokens.js';
import { TokenAuthenticator } from './tokens/token-authenticator.js';

/** Registration, login, sessions and passwords; tells the kernel who sends a request. */
@Global()
@Module({
  imports: [
    PassportModule,
    UsersModule,
    feature({
      name: 'auth',
      entities: [PendingRegistration, PasswordCredential, Session, RefreshToken, PasswordReset],
      migrations: [CreateAuth1700000006000, IndexRegistrationsByUser1700000006100],
      errors: authErrors,
      purposes: authPurposes,
      events: [RegistrationRequested, PasswordResetRequested, PasswordChanged, RefreshTokenReused],
      config: [authConfig],
    }),
  ],
  controllers: [AuthController, SessionsController, PasswordsController, JwksController],
  providers: [
    AccessTokens,
    AccessTokenStrategy,
    AuthLimits,
    EndSessionsOfDeactivated,
    ErasureOfCredentials,
    FirstAdministrator,
    ForgetMails,
    Housekeeping,
    KnownDevices,
    LoginService,
    PasswordHasher,
    PasswordMails,
    PasswordsService,
    RefreshTokens,
    RegistrationMail,
    RegistrationService,
    SessionsService,
    TokenAuthenticator,
    { provide: Authenticator, useExisting: TokenAuthenticator },
  ],
  exports: [Authenticator, FirstAdministrator],
})
export class AuthModule {}
