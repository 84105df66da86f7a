import { DomainEvent } from '#kernel';

/** Rows were changed by somebody who went around the application, or by code that left its unit unrecorded. */
export class UnattributedChangeFound extends DomainEvent<{
  readonly entryId: string;
  readonly table: string;
  readonly databaseUser: string;
  readonly changes: number;
}> {
  static readonly type = 'audit.unattributed_change_found';
}
