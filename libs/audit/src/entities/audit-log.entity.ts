import { Column, Entity, PrimaryColumn } from 'typeorm';
import { InstantColumn, IntegerColumn, NotCaptured, NotPersonal } from '#kernel';
import { wholeNumber } from './whole-number.js';

/** A transparency log. The one with the highest number grows; it is the only one unless a backup was restored. */
@Entity('audit_log')
@NotCaptured('It is the record itself.')
export class AuditLog {
  @PrimaryColumn({ type: 'bigint', transformer: wholeNumber })
  @NotPersonal()
  number: number;

  /** What its checkpoints begin with. */
  @Column({ type: 'varchar', length: 255 })
  @NotPersonal()
  origin: string;

  /** How many leaves it has. */
  @IntegerColumn()
  size: number;

  /** The signed checkpoint of that size; null while the log is empty. */
  @Column({ type: 'text', nullable: true })
  @NotPersonal()
  checkpoint: string | null;

  /** The last checkpoint of the log that this one continues; its first leaf holds it. */
  @Column({ type: 'text', nullable: true })
  @NotPersonal()
  previous: string | null;

  @InstantColumn()
  startedAt: Date;
}
