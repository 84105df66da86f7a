import { z } from 'zod';
import { defineConfig } from '#kernel';
import { isKeyName } from './log/note/key.js';
import { familyOf } from './log/origin.js';
import { parseWitnesses } from './log/witness/configured-witnesses.js';

const count = (standard: number) => z.coerce.number().int().min(1).max(1_000_000).default(standard);

export const auditConfig = defineConfig(
  'audit',
  {
    LOG_ORIGIN: z
      .string()
      .max(200)
      .refine(isKeyName, 'must have no blanks, plus signs or control characters')
      .refine((name) => familyOf(name) === name, 'must not end in a slash and a number')
      .optional()
      .describe(
        'the name of the log, its address without the scheme such as `api.example.com/v1/log`; kept once the log began, and made up of its key when unset',
      ),
    LOG_WITNESSES: z
      .string()
      .superRefine((text, { addIssue }) => {
        for (const message of parseWitnesses(text).mistakes) addIssue({ code: 'custom', message });
      })
      .optional()
      .describe(
        '[who cosigns the log](running-the-log.md#witnesses): `<address> <vkey>` each, with commas or line breaks between them',
      ),
    AUDIT_REFUSALS_PER_CLIENT: count(30).describe(
      'how many refusals of one client that is not logged in get an entry each, per minute',
    ),
    AUDIT_REFUSALS_PER_MINUTE: count(1000).describe(
      'the same, of all such clients together ([why](adr/0009-refusals-of-strangers-are-capped.md))',
    ),
  },
  (env) => ({
    /** The name of the transparency log: its address without the scheme, such as `api.example.com/v1/log`. */
    logOrigin: env.LOG_ORIGIN,
    /** Who cosigns the log's checkpoints. */
    witnesses: parseWitnesses(env.LOG_WITNESSES ?? '').witnesses,
    /** Refusals of clients that are not logged in get an entry each, so many per minute; see docs/adr/0009. */
    refusals: { perClient: env.AUDIT_REFUSALS_PER_CLIENT, together: env.AUDIT_REFUSALS_PER_MINUTE },
  }),
);
