import { z } from 'zod';
import { defineConfig } from '#kernel';
import { parseKeyring } from './keyring/keyring-material.js';
import { Keyring } from './keyring/keyring.js';

export const vaultConfig = defineConfig(
  'vault',
  {
    KEYRING: z.string().optional().meta({
      description: 'all keys, as `steward keys:generate` prints them; in development a file in `DATA_DIR`',
      productionNeeds:
        'a keyring; make one with "steward keys:generate" and pass it in KEYRING or KEYRING_FILE',
    }),
    KEY_CACHE_S: z.coerce
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe(
        'how long a process uses a subject key that it has read; with `UNIT_TIMEOUT_MS` it bounds how long an erasure takes to hold everywhere',
      ),
    KEY_CACHE_SIZE: z.coerce
      .number()
      .int()
      .min(100)
      .max(1_000_000)
      .default(10_000)
      .describe('how many subject keys a process keeps'),
  },
  (env, production) => ({
    /** The keyring from the environment; undefined in development, where a file in `DATA_DIR` takes its place. */
    keyring: readKeyring(env.KEYRING, production),
    /** How long a subject key may be used after it was read. Bounds how long an erasure takes to hold everywhere. */
    keyCacheMs: env.KEY_CACHE_S * 1000,
    keyCacheSize: env.KEY_CACHE_SIZE,
  }),
);

function readKeyring(json: string | undefined, production: boolean): Keyring | undefined {
  if (json === undefined) return undefined;
  const keyring = new Keyring(parse(json));
  if (production && keyring.isDevelopment) {
    throw new Error('KEYRING: this is a development keyring, which production refuses');
  }
  return keyring;
}

function parse(json: string) {
  try {
    return parseKeyring(json);
  } catch (error) {
    throw new Error(`KEYRING: ${error instanceof Error ? error.message : String(error)}`);
  }
}
