import { z } from 'zod';
import { defineConfig, type ConfigOf } from '../config/define-config.js';

export const metricsConfig = defineConfig(
  'metrics',
  {
    METRICS_TOKEN: z
      .string()
      .regex(/^[\w.~+/=-]{20,200}$/, 'must be 20 to 200 letters, digits or any of ._~+/=-')
      .optional()
      .describe(
        'the bearer token that a scraper of `/metrics` shows, 20 characters or more; unset means that [nothing is measured](operations.md#metrics)',
      ),
    WORKER_PORT: z.coerce
      .number()
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe('where a worker answers for its health and metrics; unset means nowhere'),
  },
  (env) => ({
    /** What a scraper shows; without it nothing is measured, and nobody may ask. */
    token: env.METRICS_TOKEN,
    /** Where a worker answers for its health and metrics; nowhere unless told. */
    workerPort: env.WORKER_PORT,
  }),
);

export type MetricsConfig = ConfigOf<typeof metricsConfig>;
