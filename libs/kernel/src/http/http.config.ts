import { z } from 'zod';
import { defineConfig, type ConfigOf } from '../config/define-config.js';
import { proxiesNamed, TRUST_RULE } from './trusted-proxies.js';

const list = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

export const httpConfig = defineConfig(
  'http',
  {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe('where the API listens'),
    HOST: z
      .string()
      .min(1)
      .default('0.0.0.0')
      .describe('the address on which it listens; the default is all of them'),
    APP_URL: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({
        description:
          'where browsers reach your front end; links in mails begin with it; in development `http://localhost:PORT`',
        productionNeeds: 'the address at which browsers reach your front end; links in mails begin with it',
      }),
    TRUST_PROXY: z
      .string()
      .refine((text) => proxiesNamed(text) !== undefined, TRUST_RULE)
      .default('false')
      .describe(
        'the proxies in front whose `X-Forwarded-For` is believed: how many, or their addresses and networks',
      ),
    CORS_ORIGINS: z
      .string()
      .regex(
        /^\s*https?:\/\/[^\s,/]+(\s*,\s*https?:\/\/[^\s,/]+)*\s*$/,
        'must be a list of origins such as https://app.example.com',
      )
      .optional()
      .describe(
        'origins, with commas between them, from which browsers may call the API; unset means its own only',
      ),
    HTTP_BODY_LIMIT_BYTES: z.coerce
      .number()
      .int()
      .min(1024)
      .max(10_485_760)
      .default(65_536)
      .describe('how large the body of a request may be'),
    HTTP_REQUEST_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe('how long a client may take to send a request, and a connection may stay silent'),
    SHUTDOWN_DELAY_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(600_000)
      .default(1000)
      .describe(
        'how long a process that is told to stop [goes on listening](operations.md#health), while it says that it is not ready',
      ),
    SHUTDOWN_GRACE_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(600_000)
      .default(10_000)
      .describe('how long running requests get to finish after that'),
  },
  (env) => ({
    port: env.PORT,
    host: env.HOST,
    /** Where people's browsers reach the front end, without a slash at its end; links in mails begin with it. */
    appUrl: env.APP_URL?.replace(/\/+$/, '') ?? `http://localhost:${env.PORT}`,
    /** The proxies whose X-Forwarded-For and X-Request-Id are believed. */
    trustProxy: proxiesNamed(env.TRUST_PROXY) ?? false,
    /** Browsers on other origins may call the API from these only. */
    corsOrigins: env.CORS_ORIGINS === undefined ? [] : list(env.CORS_ORIGINS),
    bodyLimitBytes: env.HTTP_BODY_LIMIT_BYTES,
    /** How long a client may take to send a request, and a connection may stay silent. */
    requestTimeoutMs: env.HTTP_REQUEST_TIMEOUT_MS,
    /** How long a process that was told to stop goes on listening, so that nobody is sent to it any more when it stops. */
    shutdownDelayMs: env.SHUTDOWN_DELAY_MS,
    /** How long running requests get to finish after that. */
    shutdownGraceMs: env.SHUTDOWN_GRACE_MS,
  }),
);

export type HttpConfig = ConfigOf<typeof httpConfig>;
