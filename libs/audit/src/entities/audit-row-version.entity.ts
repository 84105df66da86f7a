import { Entity, PrimaryColumn } from 'typeorm';
import { NotCaptured, NotPersonal } from '#kernel';
import { wholeNumber } from './whole-number.js';

/** A change of a row that has its place in the log, found by table and row. Derived from the record; see `appendIndex`. */
@Entity('audit_row_version')
@NotCaptured('It is derived from the record and can be built again.')
export class AuditRowVersion {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  @NotPersonal()
  tableName: string;

  @PrimaryColumn({ type: 'varchar', length: 255 })
  @NotPersonal()
  rowId: string;

  /** Changes of one row stand in the exact order of these. */
  @PrimaryColumn({ type: 'bigint', transformer: wholeNumber })
  @NotPersonal()
  changeId: number;
}
