import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDatabase } from '#kernel/testing';
import { inspect } from './tables.js';

/** Everything a thief of the database would hold, by where it lies. */
export interface Dump {
  /** The places where any spelling of `text` is found: as it is, in lower case, hexadecimal or base64. */
  placesOf(text: string): string[];
}

/** A logical dump of every table and, of the embedded database, every byte of its files. */
export async function dump(database: TestDatabase): Promise<Dump> {
  const places = new Map<string, string>();
  const inspector = await inspect(database);
  try {
    for (const table of await inspector.tables()) {
      const rows = await inspector.query(
        `SELECT * FROM ${database.url === undefined ? `"${table}"` : `\`${table}\``}`,
      );
      places.set(`table ${table}`, rows.flatMap((row) => Object.values(row).map(searchable)).join('\n'));
    }
  } finally {
    await inspector.close();
  }
  if (database.url === undefined) {
    for (const name of readdirSync(database.dataDir).filter((file) => file.startsWith('steward.sqlite'))) {
      places.set(`file ${name}`, readFileSync(join(database.dataDir, name)).toString('latin1').toLowerCase());
    }
  }
  return {
    placesOf: (text) => {
      const needles = spellings(text);
      return [...places]
        .filter(([, content]) => needles.some((needle) => content.includes(needle)))
        .map(([place]) => place);
    },
  };
}

/** All content is compared in lower case; bytes stand both as characters and in hexadecimal. */
function searchable(value: unknown): string {
  if (!Buffer.isBuffer(value)) return Buffer.from(String(value), 'utf8').toString('latin1').toLowerCase();
  return `${value.toString('latin1').toLowerCase()}\n${value.toString('hex')}`;
}

function spellings(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  // The middle of a base64 text depends on where in the input it begins.
  const base64 = [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    const inner = encoded.slice(shift === 0 ? 0 : 4, -4).toLowerCase();
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [bytes.toString('latin1').toLowerCase(), bytes.toString('hex'), ...base64];
}
