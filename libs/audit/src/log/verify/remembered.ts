import { readFile } from 'node:fs/promises';
import { isMissing, replaceFile } from '../durable-files.js';

/** The checkpoint that a file remembers; undefined when there is no file yet. */
export async function readRemembered(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Remembers a signed checkpoint, byte for byte. */
export const remember = (file: string, checkpoint: string): Promise<void> => replaceFile(file, checkpoint);
