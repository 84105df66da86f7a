import { defineConfig } from '#kernel';
import { z } from 'zod';

export const paymentsConfig = defineConfig(
  'payments',
  {
    PAYMENT_GATEWAY_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(20_000),
    PAYMENT_RESOLVE_AFTER_S: z.coerce.number().int().min(1).max(3600).default(60),
    SANDBOX_WEBHOOK_SECRET: z.string().min(16).max(200).optional(),
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
