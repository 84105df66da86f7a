import { z } from 'zod';
import { defineConfig } from '#kernel';

const count = (standard: number) => z.coerce.number().int().min(1).max(1_000_000).default(standard);

export const auditConfig = defineConfig(
  'audit',
  {
    AUDIT_REFUSALS_PER_CLIENT: count(30),
    AUDIT_REFUSALS_PER_MINUTE: count(1000),
  },
  (env) => ({
    /** Refusals of clients that are not logged in get an entry each, so many per minute; see docs/adr/0009. */
    refusals: { perClient: env.AUDIT_REFUSALS_PER_CLIENT, together: env.AUDIT_REFUSALS_PER_MINUTE },
  }),
);
