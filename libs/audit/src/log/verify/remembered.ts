import { readFile } from 'node:fs/promises';
import { isMissing, replaceFile } from '../durable-files.js';

/** The checkpoints that a file remembers: that of the newest log, then those of the logs before it. None without a file. */
export async function readRemembered(file: string): Promise<string[]> {
  try {
    return notesOf(await readFile(file, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Remembers signed checkpoints; a single one stands there byte for byte. */
export const remember = (file: string, checkpoints: readonly string[]): Promise<void> =>
  replaceFile(file, checkpoints.join('\n'));

/** Signed notes with an empty line between them. */
export const notesOf = (text: string): string[] => text.split(/(?<=^— .*\n)\n/m);
