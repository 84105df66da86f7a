import { z } from 'zod';
import { defineConfig } from '#kernel';
import { parseRules, RetentionPolicy } from './retention-policy.js';

const rules = z
  .string()
  .default('')
  .transform((text, context) => {
    try {
      return parseRules(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });

/** After how many days the payloads of entries go, by action, and the terms that the law sets; see docs/audit-record.md. */
export const retentionConfig = defineConfig(
  'audit_retention',
  {
    AUDIT_RETENTION: rules.describe(
      'after how many days the payloads of entries [go](audit-record.md#retention), by action: `session.*=400,request.refuse=90`; unset keeps them',
    ),
    AUDIT_RETENTION_LAW: rules.describe(
      'for how many days the law wants them kept, whatever the other rules say',
    ),
  },
  (env) => ({ policy: new RetentionPolicy(env.AUDIT_RETENTION, env.AUDIT_RETENTION_LAW) }),
);
