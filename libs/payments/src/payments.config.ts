import { defineConfig } from '#kernel';
import { z } from 'zod';

export const paymentsConfig = defineConfig(
  'payments',
  {
    PAYMENT_GATEWAY_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(60_000)
      .default(20_000)
      .describe('how long a request waits for the gateway before it calls the outcome unknown'),
    PAYMENT_RESOLVE_AFTER_S: z.coerce
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe('how long an unanswered operation lies before it is taken for left by a crash'),
    SANDBOX_WEBHOOK_SECRET: z
      .string()
      .min(16)
      .max(200)
      .optional()
      .describe(
        'secret of sandbox webhooks; unset refuses them all in production, and is `sandbox-webhook-secret` in development',
      ),
  },
  (env, production) => ({
    production,
    /** How long a request waits for the gateway before it calls the outcome unknown. */
    gatewayTimeoutMs: env.PAYMENT_GATEWAY_TIMEOUT_MS,
    /** How long an operation may lie without an answer before the resolver takes it for left by a crash. */
    resolveAfterMs: env.PAYMENT_RESOLVE_AFTER_S * 1000,
    /** Undefined refuses sandbox webhooks: production knows no default secret. */
    sandboxWebhookSecret: env.SANDBOX_WEBHOOK_SECRET ?? (production ? undefined : 'sandbox-webhook-secret'),
  }),
);
