import { z } from 'zod';
import { defineConfig } from '../config/define-config.js';

export const loggingConfig = defineConfig(
  'logging',
  {
    LOG_LEVEL: z
      .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info')
      .describe('what is logged: `fatal`, `error`, `warn`, `info`, `debug`, `trace`, or `silent`'),
  },
  (env) => ({ level: env.LOG_LEVEL }),
);
