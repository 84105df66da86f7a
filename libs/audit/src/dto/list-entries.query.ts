import { ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches, ValidateBy } from 'class-validator';
import { PageQuery } from '#kernel';
import type { Outcome } from '../entities/audit-entry.entity.js';
import { RevealQuery } from './reveal.query.js';

const OUTCOMES = ['succeeded', 'refused', 'failed'] as const satisfies readonly Outcome[];
const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

const IsInstant = () =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value)),
      defaultMessage: () =>
        '$property must be an instant as RFC 3339 writes it, such as 2026-01-31T12:00:00Z',
    },
  });

const instant = (description: string) =>
  ApiPropertyOptional({ type: 'string', format: 'date-time', example: '2026-01-31T12:00:00Z', description });

/** Which entries to list; every filter given must hold. */
export class ListEntriesQuery extends IntersectionType(PageQuery, RevealQuery) {
  @ApiPropertyOptional({
    type: 'string',
    pattern: '^[a-z][a-z0-9_-]{0,59}:[!-~]{1,100}$',
    example: 'payment:pay_01j9zt2f3kfa8b7c6d5e4f3g2h',
    description: 'What was acted upon, as `type:id`.',
  })
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_-]{0,59}:[!-~]{1,100}$/)
  readonly resource?: string;

  @ApiPropertyOptional({
    type: 'string',
    pattern: '^[!-~]{1,40}$',
    example: 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h',
    description: 'The person whom it is about, alone or among others.',
  })
  @IsOptional()
  @Matches(/^[!-~]{1,40}$/)
  readonly subject?: string;

  @ApiPropertyOptional({
    type: 'string',
    pattern: '^[!-~]{1,100}$',
    example: 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h',
    description: 'Who acted: the id of a user, or `system:` and the name of a part of the system.',
  })
  @IsOptional()
  @Matches(/^[!-~]{1,100}$/)
  readonly actor?: string;

  @ApiPropertyOptional({
    type: 'string',
    pattern: '^[a-z][a-z0-9_.-]{0,99}$',
    example: 'payment.capture',
    description: 'What was done.',
  })
  @IsOptional()
  @Matches(/^[a-z][a-z0-9_.-]{0,99}$/)
  readonly action?: string;

  @ApiPropertyOptional({ type: 'string', enum: OUTCOMES, example: 'refused', description: 'How it ended.' })
  @IsOptional()
  @IsIn(OUTCOMES)
  readonly outcome?: Outcome;

  @instant('The earliest instant, itself included.')
  @IsOptional()
  @IsInstant()
  readonly from?: string;

  @instant('The latest instant, itself left out.')
  @IsOptional()
  @IsInstant()
  readonly to?: string;
}
