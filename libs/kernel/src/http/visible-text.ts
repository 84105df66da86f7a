import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Length, Matches } from 'class-validator';

/**
 * At least one visible character of any script, and no control characters, which would forge lines in mails
 * and logs.
 */
const VISIBLE = /^[^\p{Cc}\p{Cs}\u2028\u2029]*[^\p{Cc}\p{Cs}\p{Z}][^\p{Cc}\p{Cs}\u2028\u2029]*$/u;

/** Removes white space around a string before it is validated. */
export const Trimmed = () =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

/** One line of text that people read, such as a name: trimmed, 1 to `maxLength` UTF-16 units. */
export const IsVisibleText = (maxLength: number) =>
  applyDecorators(
    Trimmed(),
    IsString(),
    Length(1, maxLength),
    Matches(VISIBLE, { message: 'must hold at least one visible character and no control characters' }),
  );
