/**
 * How people prove who they are: registration, passwords, sessions and tokens. Tells the kernel who sends a
 * request.
 */
export { AuthModule } from './auth.module.js';
export { FirstAdministrator, type NewAdministrator } from './first-administrator.js';
export { PasswordChanged, RefreshTokenReused, RegistrationRequested } from './auth.events.js';
export { authConfig } from './auth.config.js';
export { authErrors } from './auth.errors.js';
