import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../durable-files.js';
import { SourceUnreadable } from './log-source.js';
import type { Resources } from './static-log.js';

/** The files below a directory. */
export function directory(path: string): Resources {
  return {
    name: path,
    readAhead: 4,
    async read(name, maxBytes) {
      const file = join(path, name);
      try {
        if ((await stat(file)).size <= maxBytes) return await readFile(file);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw new SourceUnreadable(`${file} cannot be read: ${String(error)}`, { cause: error });
      }
      throw new SourceUnreadable(`${file} has more than ${maxBytes} bytes`);
    },
  };
}
