import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { idPattern } from '../ids/ids.js';
import { IsId } from './is-id.js';
import { MayBeAbsent } from './may-be-absent.js';
import { IsVisibleText } from './visible-text.js';

/** What the API document says of a request's field beside its bounds. */
export interface FieldOptions {
  readonly description: string;
  readonly example?: unknown;
  /** It may be left out. `null` may not take its place. */
  readonly optional?: boolean;
  /** What is taken when it is left out. */
  readonly standard?: unknown;
}

/**
 * A field of a request: `schema` is what the API document shows and `rules` are what is checked. The decorators below
 * make both from one set of bounds, so that the document cannot promise what the check refuses.
 */
export function Field(
  { optional = false, standard, ...said }: FieldOptions,
  schema: ApiPropertyOptions,
  ...rules: readonly PropertyDecorator[]
): PropertyDecorator {
  const property = {
    ...schema,
    ...(standard === undefined ? {} : { default: standard }),
    ...said,
  } as ApiPropertyOptions;
  return optional
    ? applyDecorators(ApiPropertyOptional(property), MayBeAbsent(), ...rules)
    : applyDecorators(ApiProperty(property), ...rules);
}

interface Lengths {
  readonly minLength?: number;
  readonly maxLength: number;
}

/** Any text, lengths in UTF-16 units. `format` is only told, not checked; further `rules` are. */
export function TextField(
  { minLength = 0, maxLength, format, ...said }: FieldOptions & Lengths & { readonly format?: string },
  ...rules: readonly PropertyDecorator[]
): PropertyDecorator {
  const bounds = minLength > 0 ? { minLength, maxLength } : { maxLength };
  const length = minLength > 0 ? Length(minLength, maxLength) : MaxLength(maxLength);
  const schema = { type: 'string', ...(format === undefined ? {} : { format }), ...bounds } as const;
  return Field(said, schema, IsString(), length, ...rules);
}

/** One line of text that people read, such as a name: see {@link IsVisibleText}. */
export const LineField = ({ maxLength, ...said }: FieldOptions & { readonly maxLength: number }) =>
  Field(said, { type: 'string', minLength: 1, maxLength }, IsVisibleText(maxLength));

/** Text of a form that `pattern` describes; `rule` says it in words, such as `must be an account's code`. */
export const PatternField = ({
  pattern,
  rule,
  ...said
}: FieldOptions & { readonly pattern: RegExp; readonly rule?: string }) =>
  Field(
    said,
    { type: 'string', pattern: pattern.source },
    Matches(pattern, rule === undefined ? {} : { message: `$property ${rule}` }),
  );

/** An id with this prefix. */
export const IdField = (prefix: string, said: FieldOptions) =>
  Field(
    { example: `${prefix}_01k4z0q8b6f7e9a2c3d4e5f6g7`, ...said },
    { type: 'string', pattern: idPattern(prefix).source },
    IsId(prefix),
  );

/** A whole number between two bounds, both included. */
export const IntegerField = ({
  minimum,
  maximum,
  format,
  ...said
}: FieldOptions & { readonly minimum: number; readonly maximum: number; readonly format?: string }) =>
  Field(
    said,
    { type: 'integer', ...(format === undefined ? {} : { format }), minimum, maximum },
    IsInt(),
    Min(minimum),
    Max(maximum),
  );

/** A whole number in a query, written in digits and nothing else. */
export const DigitsField = (said: Parameters<typeof IntegerField>[0]) =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
    ),
    IntegerField(said),
  );

/** One of `values`; `enumName` is the name of the list in the API document. */
export const ChoiceField = (
  values: readonly string[],
  { enumName, rule, ...said }: FieldOptions & { readonly enumName: string; readonly rule?: string },
) =>
  Field(
    said,
    { enum: [...values], enumName },
    IsIn(values, rule === undefined ? {} : { message: `$property ${rule}` }),
  );
