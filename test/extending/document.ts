import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/rooms.js';

/** One fenced block of a page. */
export interface Block {
  readonly language: string;
  /** The file named in bold above the block, or what follows the language. */
  readonly title: string;
  readonly text: string;
}

/** The fenced blocks of a page of the documentation, in their order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/(?:^\*\*`(.+)`\*\*\n\n)?^```(\w+)(?: (.+))?\n([^]*?)^```$/gm)].map(
    ([, file, language = '', info = '', body = '']) => ({ language, title: file ?? info, text: body }),
  );
}

/** The text after a ```diff block: each hunk, told apart by `@@`, has to fit in exactly one place. */
export function patched(original: string, { text, title }: Block): string {
  return text.split(/^@@.*\n/m).reduce((result, hunk) => {
    const lines = hunk.split('\n').filter((line) => line !== '');
    const side = (sign: string) =>
      lines
        .filter((line) => line.startsWith(' ') || line.startsWith(sign))
        .map((line) => `${line.slice(1)}\n`)
        .join('');
    const [head, tail, ...more] = result.split(side('-'));
    if (head === undefined || tail === undefined || more.length > 0) {
      throw new Error(`The change of ${title} fits in ${more.length + (tail ? 1 : 0)} places:\n${hunk}`);
    }
    return head + side('+') + tail;
  }, original);
}
