import { Column, Entity, PrimaryColumn } from 'typeorm';
import { NotCaptured, NotPersonal } from '#kernel';
import { wholeNumber } from './whole-number.js';

const KeyColumn = () => PrimaryColumn({ type: 'bigint', transformer: wholeNumber });

/**
 * Up to 256 hashes of one level of a log's tree (C2SP tlog-tiles). The right-most tile of a level grows until it is
 * full; what it held before is the beginning of what it holds now.
 */
@Entity('audit_log_tile')
@NotCaptured('It is derived from the record and checked against the signed checkpoint.')
export class AuditLogTile {
  @KeyColumn()
  @NotPersonal()
  logNumber: number;

  @KeyColumn()
  @NotPersonal()
  level: number;

  @KeyColumn()
  @NotPersonal()
  tileIndex: number;

  /** 32 bytes each, one after the other. */
  @Column({ type: 'blob' })
  @NotPersonal()
  hashes: Buffer;
}
