import type { Type } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayUnique, IsArray, IsIn, Matches, ValidateIf } from 'class-validator';
import { Field } from '#kernel';

/** What sealed data an answer can be asked to open. */
export type Revealable = 'clientAddress' | 'changes';

export interface RevealQuery {
  readonly reveal?: readonly Revealable[];
  readonly revealPurpose?: string;
}

const PURPOSE = /^[a-z][a-z0-9_.-]{0,99}$/;

/** Query parameters that ask for some of these to be opened; that request is itself put on the record. */
export function RevealQueryOf(...revealable: readonly Revealable[]): Type<RevealQuery> {
  class Query implements RevealQuery {
    @Field(
      {
        optional: true,
        description:
          'The sealed data to open, one or several. It needs `revealPurpose`, and leaves an entry `vault.reveal` of its ' +
          'own that names every person concerned.',
        example: [...revealable],
      },
      { type: 'array', items: { type: 'string', enum: [...revealable] }, uniqueItems: true },
      Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value)),
      IsArray(),
      ArrayUnique(),
      IsIn(revealable, { each: true }),
    )
    readonly reveal?: readonly Revealable[];

    @ApiPropertyOptional({
      type: 'string',
      pattern: PURPOSE.source,
      example: 'audit.investigation',
      description: 'What the revealed data is needed for; required with `reveal`.',
    })
    @ValidateIf(
      ({ reveal, revealPurpose }: RevealQuery) => reveal !== undefined || revealPurpose !== undefined,
    )
    @Matches(PURPOSE, {
      message: '$property must say what the revealed data is needed for, such as audit.investigation',
    })
    readonly revealPurpose?: string;
  }
  return Query;
}

/** The purpose for which this is to be opened; undefined when it is not. */
export const purposeOf = (
  { reveal = [], revealPurpose }: RevealQuery,
  wanted: Revealable,
): string | undefined => (reveal.includes(wanted) ? revealPurpose : undefined);
