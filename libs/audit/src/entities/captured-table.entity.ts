import { CodeColumn, InstantColumn, NotCaptured, NotPersonal } from '#kernel';
import { Entity, PrimaryColumn } from 'typeorm';

/** A table whose triggers were installed and whose rows at that time are on the record as a baseline. */
@Entity('captured_table')
@NotCaptured('It says which triggers are installed; each change of it has an audit entry.')
export class CapturedTable {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  @NotPersonal()
  tableName: string;

  /** Digest of the installed triggers. */
  @CodeColumn({ length: 64 })
  fingerprint: string;

  @InstantColumn()
  reconciledAt: Date;
}
