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
  { AUDIT_RETENTION: rules, AUDIT_RETENTION_LAW: rules },
  (env) => ({ policy: new RetentionPolicy(env.AUDIT_RETENTION, env.AUDIT_RETENTION_LAW) }),
);
