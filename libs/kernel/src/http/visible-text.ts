import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Length, Matches } from 'class-validator';

/**
 * At least one visible character of any script (a Braille blank is none), and neither control characters, which would
 * forge lines in mails and logs, nor those that turn the direction of what stands around them (Unicode TR 36).
 */
const VISIBLE =
  /^(?=.*[^\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800])[^\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]*$/u;

/** The same for text that may have several lines, or be empty. */
const READABLE = /^([\n\r\t]|[^\p{Cc}\p{Cs}\p{Bidi_Control}])*$/u;

/** Removes white space around a string before it is validated. */
export const Trimmed = () =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

/** Text that people read, without characters that would change how others are shown. */
export const IsReadable = () =>
  Matches(READABLE, { message: '$property must hold no control characters but line breaks' });

/** One line of text that people read, such as a name: trimmed, 1 to `maxLength` UTF-16 units. */
export const IsVisibleText = (maxLength: number) =>
  applyDecorators(
    Trimmed(),
    IsString(),
    Length(1, maxLength),
    Matches(VISIBLE, {
      message: '$property must hold at least one visible character and no control characters',
    }),
  );
