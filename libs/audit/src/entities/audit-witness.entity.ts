import { Entity, PrimaryColumn } from 'typeorm';
import { InstantColumn, IntegerColumn, NotCaptured, NotPersonal } from '#kernel';
import { wholeNumber } from './whole-number.js';

/** How it stands between a log and a witness that is configured. */
@Entity('audit_witness')
@NotCaptured('It says when a witness was asked; its cosignatures verify by themselves.')
export class AuditWitness {
  @PrimaryColumn({ type: 'bigint', transformer: wholeNumber })
  @NotPersonal()
  logNumber: number;

  /** The name of its key. */
  @PrimaryColumn({ type: 'varchar', length: 255 })
  @NotPersonal()
  witness: string;

  /** The size that it cosigned last; 0 while it cosigned none. */
  @IntegerColumn()
  size: number;

  @InstantColumn({ nullable: true })
  cosignedAt: Date | null;

  /** Nobody asks it before: it is being asked, or it failed. */
  @InstantColumn()
  nextAt: Date;

  /** How many times in a row it gave no cosignature. */
  @IntegerColumn()
  failures: number;

  @InstantColumn({ nullable: true })
  failingSince: Date | null;

  /** The size of another history that it says to have seen; null unless it said so when it was asked last. */
  @IntegerColumn({ nullable: true })
  disputedSize: number | null;
}
