import { Column, Entity, PrimaryColumn } from 'typeorm';
import { InstantColumn, NotCaptured, NotPersonal } from '#kernel';
import { wholeNumber } from './whole-number.js';

const KeyColumn = () => PrimaryColumn({ type: 'bigint', transformer: wholeNumber });

/** A witness has seen the checkpoint of this size and signed it (C2SP tlog-cosignature). */
@Entity('audit_cosignature')
@NotCaptured('It is public, and verifies by itself.')
export class AuditCosignature {
  @KeyColumn()
  @NotPersonal()
  logNumber: number;

  @KeyColumn()
  @NotPersonal()
  size: number;

  /** The name of the witness's key. */
  @PrimaryColumn({ type: 'varchar', length: 255 })
  @NotPersonal()
  witness: string;

  /** The whole signature line, as it goes under the checkpoint. */
  @Column({ type: 'text' })
  @NotPersonal()
  noteLine: string;

  @InstantColumn()
  cosignedAt: Date;
}
