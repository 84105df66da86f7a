import { DomainEvent } from '#kernel';

/** The database has lost entries that a signed checkpoint covers, as after a restore; a new log continues the old one. */
export class LogRestarted extends DomainEvent<{
  readonly logNumber: number;
  readonly origin: string;
  readonly previousOrigin: string;
  readonly previousSize: number;
  readonly sizeInDatabase: number;
  readonly shortfall: 'shorter' | 'different' | 'absent';
}> {
  static readonly type = 'audit.log_restarted';
}

/**
 * A witness says that it has seen another history of the log: a longer one, or one that this log does not extend.
 * `isProven` when it showed a checkpoint that our own key signed; then a new log begins ({@link LogRestarted}).
 */
export class WitnessDisputed extends DomainEvent<{
  readonly logNumber: number;
  readonly size: number;
  readonly witness: string;
  readonly witnessSize: number;
  readonly isProven: boolean;
}> {
  static readonly type = 'audit.witness_disputed';
}

/** Rows were changed by somebody who went around the application, or by code that left its unit unrecorded. */
export class UnattributedChangeFound extends DomainEvent<{
  readonly entryId: string;
  readonly table: string;
  readonly databaseUser: string;
  readonly changes: number;
}> {
  static readonly type = 'audit.unattributed_change_found';
}
