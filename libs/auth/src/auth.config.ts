import { z } from 'zod';
import { defineConfig, type RateLimitPolicy } from '#kernel';

/** So many tries in so many seconds; written `20/900`. */
const limit = (standard: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,6}\/[1-9]\d{0,6}$/, 'must be written as count/seconds, such as 20/900')
    .default(standard)
    .transform((text): RateLimitPolicy => {
      const [count, seconds] = text.split('/').map(Number);
      return { limit: count ?? 0, windowS: seconds ?? 0 };
    });

const seconds = (standard: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(standard);

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const authConfig = defineConfig(
  'auth',
  {
    AUTH_ISSUER: z
      .string()
      .min(1)
      .max(200)
      .default('steward')
      .describe('who issues access tokens, as they say themselves (`iss`)'),
    AUTH_AUDIENCE: z
      .string()
      .min(1)
      .max(200)
      .default('steward-api')
      .describe('whom access tokens are for (`aud`)'),
    ACCESS_TOKEN_LIFE_S: seconds(10 * MINUTE, 30, DAY).describe(
      'how long an access token is good for; it dies with its session',
    ),
    // RFC 9700 section 4.14.2: refresh tokens expire when unused.
    REFRESH_TOKEN_IDLE_S: seconds(14 * DAY, MINUTE, 365 * DAY).describe(
      'a session that is not refreshed for so long ends',
    ),
    SESSION_LIFE_S: seconds(30 * DAY, MINUTE, 365 * DAY).describe(
      'a session ends after so long in any case, and the person logs in anew',
    ),
    // See `SessionsService.refresh`.
    REFRESH_GATHER_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(5000)
      .default(300)
      .describe('refreshes of one token that arrive within so long of the first are a race, not a theft'),
    REGISTRATION_LIFE_S: seconds(DAY, MINUTE, 7 * DAY).describe(
      'how long the link that confirms an address works',
    ),
    PASSWORD_RESET_LIFE_S: seconds(30 * MINUTE, MINUTE, DAY).describe(
      'how long the link that sets a new password works',
    ),
    // OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
    ARGON2_MEMORY_KIB: z.coerce
      .number()
      .int()
      .min(8)
      .max(4_194_304)
      .default(19_456)
      .describe('memory for one password hash (argon2id)'),
    ARGON2_PASSES: z.coerce.number().int().min(1).max(100).default(2).describe('passes over that memory'),
    ARGON2_LANES: z.coerce.number().int().min(1).max(64).default(1).describe('lanes of it'),
    AUTH_LIMIT_REGISTER_CLIENT: limit('200/3600').describe('registrations of one client, as count/seconds'),
    AUTH_LIMIT_REGISTER_ADDRESS: limit('10/3600').describe('registrations of one mail address'),
    AUTH_LIMIT_LINK_CLIENT: limit('200/3600').describe('links from mails that one client may follow'),
    AUTH_LIMIT_LOGIN_CLIENT: limit('300/900').describe('logins that one client may try'),
    AUTH_LIMIT_LOGIN_CLIENT_ADDRESS: limit('20/900').describe('the same at one mail address'),
    // See SECURITY.md. NIST SP 800-63B-4 section 3.2.2 has 100 failed tries in a row as the most for one account.
    AUTH_LIMIT_LOGIN_STRANGERS: limit('100/3600').describe(
      'logins that all strangers together may try at one mail address ([why](../SECURITY.md#how-guessing-passwords-is-limited))',
    ),
    AUTH_LIMIT_LOGIN_DEVICE: limit('20/900').describe(
      'logins of a device that has been logged in before, whatever strangers do meanwhile',
    ),
    AUTH_LIMIT_REFRESH_CLIENT: limit('1200/900').describe('refreshes of one client'),
    AUTH_LIMIT_PASSWORD_ACCOUNT: limit('10/900').describe(
      'tries at the present password by somebody who is logged in',
    ),
    AUTH_LIMIT_RESET_CLIENT: limit('50/3600').describe('password resets that one client may ask for'),
    AUTH_LIMIT_RESET_ADDRESS: limit('5/3600').describe('password resets of one mail address'),
    ADMIN_EMAIL: z
      .email()
      .max(254)
      .optional()
      .describe('the first administrator, made when there is none; made up in development'),
    ADMIN_PASSWORD: z
      .string()
      .min(8)
      .max(256)
      .optional()
      .describe('their password; made up in development and shown once'),
  },
  (env) => ({
    issuer: env.AUTH_ISSUER,
    audience: env.AUTH_AUDIENCE,
    accessTokenLifeS: env.ACCESS_TOKEN_LIFE_S,
    refreshTokenIdleS: env.REFRESH_TOKEN_IDLE_S,
    sessionLifeS: env.SESSION_LIFE_S,
    refreshGatherMs: env.REFRESH_GATHER_MS,
    registrationLifeS: env.REGISTRATION_LIFE_S,
    passwordResetLifeS: env.PASSWORD_RESET_LIFE_S,
    argon2: { memoryCost: env.ARGON2_MEMORY_KIB, timeCost: env.ARGON2_PASSES, parallelism: env.ARGON2_LANES },
    limits: {
      register: { client: env.AUTH_LIMIT_REGISTER_CLIENT, subject: env.AUTH_LIMIT_REGISTER_ADDRESS },
      link: { client: env.AUTH_LIMIT_LINK_CLIENT },
      login: { client: env.AUTH_LIMIT_LOGIN_CLIENT },
      loginOfStranger: {
        clientAndSubject: env.AUTH_LIMIT_LOGIN_CLIENT_ADDRESS,
        subject: env.AUTH_LIMIT_LOGIN_STRANGERS,
      },
      loginOfDevice: { subject: env.AUTH_LIMIT_LOGIN_DEVICE },
      refresh: { client: env.AUTH_LIMIT_REFRESH_CLIENT },
      password: { subject: env.AUTH_LIMIT_PASSWORD_ACCOUNT },
      reset: { client: env.AUTH_LIMIT_RESET_CLIENT, subject: env.AUTH_LIMIT_RESET_ADDRESS },
    },
    administrator: { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD },
  }),
);
