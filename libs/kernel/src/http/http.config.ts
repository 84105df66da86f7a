import { isIP } from 'node:net';
import { z } from 'zod';
import { defineConfig, type ConfigOf } from '../config/define-config.js';

const list = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const isTrust = (text: string): boolean =>
  /^(true|false)$/.test(text.trim()) ||
  list(text).every((part) => {
    const [address = '', bits, ...rest] = part.split('/');
    const isNetwork =
      isIP(address) !== 0 && (bits === undefined || /^\d{1,3}$/.test(bits)) && rest.length === 0;
    return isNetwork || ['loopback', 'linklocal', 'uniquelocal'].includes(part);
  });

/** What Fastify's `trustProxy` takes: nobody, everybody, or a list of addresses and networks. */
function trustProxy(text: string): boolean | string {
  return /^(true|false)$/.test(text) ? text === 'true' : list(text).join(',');
}

export const httpConfig = defineConfig(
  'http',
  {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
    HOST: z.string().min(1).default('0.0.0.0'),
    TRUST_PROXY: z
      .string()
      .refine(isTrust, 'must be true, false, or a list of proxy addresses and networks such as 10.0.0.0/8')
      .default('false'),
    CORS_ORIGINS: z
      .string()
      .regex(
        /^\s*https?:\/\/[^\s,/]+(\s*,\s*https?:\/\/[^\s,/]+)*\s*$/,
        'must be a list of origins such as https://app.example.com',
      )
      .optional(),
    HTTP_BODY_LIMIT_BYTES: z.coerce.number().int().min(1024).max(10_485_760).default(65_536),
    HTTP_REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(30_000),
    SHUTDOWN_GRACE_MS: z.coerce.number().int().min(0).max(600_000).default(10_000),
  },
  (env) => ({
    port: env.PORT,
    host: env.HOST,
    /** The proxies whose X-Forwarded-For and X-Request-Id are believed. */
    trustProxy: trustProxy(env.TRUST_PROXY.trim()),
    /** Browsers on other origins may call the API from these only. */
    corsOrigins: env.CORS_ORIGINS === undefined ? [] : list(env.CORS_ORIGINS),
    bodyLimitBytes: env.HTTP_BODY_LIMIT_BYTES,
    /** How long a client may take to send a request, and a connection may stay silent. */
    requestTimeoutMs: env.HTTP_REQUEST_TIMEOUT_MS,
    /** How long running requests get to finish when the process is told to stop. */
    shutdownGraceMs: env.SHUTDOWN_GRACE_MS,
  }),
);

export type HttpConfig = ConfigOf<typeof httpConfig>;
