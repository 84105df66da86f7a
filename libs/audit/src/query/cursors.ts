import { kernelErrors } from '#kernel';

const MAX_CURSOR = 128;
const NUMBER = /^(0|[1-9]\d{0,15})$/;
const WORD = /^[ -~\u00a0-\uffff]{1,80}$/;

/** The cursor of a page that goes by a key other than an id. */
export const cursorAt = (key: string | number): string => Buffer.from(String(key)).toString('base64url');

/** The number in a cursor. Throws `kernel.validation_failed` for one that we did not make. */
export const numberAt = (cursor: string | undefined): number | undefined =>
  cursor === undefined ? undefined : Number(keyAt(cursor, NUMBER));

/** The word in a cursor. Throws `kernel.validation_failed` for one that we did not make. */
export const wordAt = (cursor: string | undefined): string | undefined =>
  cursor === undefined ? undefined : keyAt(cursor, WORD);

function keyAt(cursor: string, pattern: RegExp): string {
  const key = cursor.length <= MAX_CURSOR ? Buffer.from(cursor, 'base64url').toString('utf8') : '';
  if (pattern.test(key) && cursorAt(key) === cursor) return key;
  throw kernelErrors.problem('kernel.validation_failed', {
    errors: [
      { pointer: '/cursor', detail: 'cursor must be the nextCursor of an earlier page (in the query)' },
    ],
  });
}
