import { ApiProperty } from '@nestjs/swagger';
import type { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditEntryResponse } from './audit-entry.response.js';
import { RowChangeResponse } from './row-change.response.js';

/** What belongs to an entry, as far as one answer can hold it. */
export interface EntryContents {
  readonly subjects: readonly string[];
  readonly changes: readonly RowChangeResponse[];
  readonly changeCount: number;
}

/** One entry with everything that belongs to it. */
export class AuditEntryDetailResponse extends AuditEntryResponse {
  @ApiProperty({
    type: [String],
    description: 'Everybody whom it is about; at most 1,000.',
    example: ['usr_01j9zt2f3kfa8b7c6d5e4f3g2h'],
  })
  readonly subjects: readonly string[];

  @ApiProperty({ type: [RowChangeResponse], description: 'The changed rows, in their order; at most 500.' })
  readonly changes: readonly RowChangeResponse[];

  @ApiProperty({ type: 'integer', description: 'How many rows were changed in all.', example: 3 })
  readonly changeCount: number;

  constructor(
    entry: AuditEntry,
    contents: EntryContents,
    revealed?: { readonly clientAddress: string | null },
  ) {
    super(entry, revealed);
    this.subjects = contents.subjects;
    this.changes = contents.changes;
    this.changeCount = contents.changeCount;
  }
}
