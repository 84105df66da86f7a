import { ApiProperty } from '@nestjs/swagger';
import type { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditEntryResponse } from './audit-entry.response.js';
import { RowChangeResponse } from './row-change.response.js';

/** What belongs to an entry, as far as one answer can hold it. */
export interface EntryContents {
  readonly subjects: readonly string[];
  readonly nextSubjectsCursor: string | null;
  readonly changes: readonly RowChangeResponse[];
  readonly changeCount: number;
  readonly nextChangesCursor: string | null;
}

const rest = (of: string) =>
  ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: `Give it as \`cursor\` to \`…/{id}/${of}\` to read on; null when these are all.`,
  });

/** One entry with everything that belongs to it. */
export class AuditEntryDetailResponse extends AuditEntryResponse implements EntryContents {
  @ApiProperty({
    type: [String],
    description: 'Everybody whom it is about; the first hundred.',
    example: ['usr_01j9zt2f3kfa8b7c6d5e4f3g2h'],
  })
  readonly subjects: readonly string[];

  @rest('subjects')
  readonly nextSubjectsCursor: string | null;

  @ApiProperty({
    type: [RowChangeResponse],
    description: 'The changed rows, in their order; the first hundred.',
  })
  readonly changes: readonly RowChangeResponse[];

  @ApiProperty({ type: 'integer', description: 'How many rows were changed in all.', example: 3 })
  readonly changeCount: number;

  @rest('changes')
  readonly nextChangesCursor: string | null;

  constructor(
    entry: AuditEntry,
    contents: EntryContents,
    revealed?: { readonly clientAddress: string | null },
  ) {
    super(entry, revealed);
    this.subjects = contents.subjects;
    this.nextSubjectsCursor = contents.nextSubjectsCursor;
    this.changes = contents.changes;
    this.changeCount = contents.changeCount;
    this.nextChangesCursor = contents.nextChangesCursor;
  }
}

/** A page of people whom an entry is about. */
export class SubjectPage {
  @ApiProperty({
    type: [String],
    description: 'The ids of people.',
    example: ['usr_01j9zt2f3kfa8b7c6d5e4f3g2h'],
  })
  readonly items: readonly string[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: 'Give it as cursor to read on; null on the last page.',
  })
  readonly nextCursor: string | null;
}
