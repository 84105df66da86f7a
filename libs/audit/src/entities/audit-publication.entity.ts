import { Column, Entity, PrimaryColumn } from 'typeorm';
import { IntegerColumn, NotCaptured, NotPersonal } from '#kernel';
import { wholeNumber } from './whole-number.js';

/** The checkpoint of a log that is served, which its witnesses had time to cosign. Without witnesses there is none. */
@Entity('audit_publication')
@NotCaptured('It is a checkpoint of the log, which is the record itself.')
export class AuditPublication {
  @PrimaryColumn({ type: 'bigint', transformer: wholeNumber })
  @NotPersonal()
  logNumber: number;

  /** It only grows. */
  @IntegerColumn()
  size: number;

  /** The note with the log's signatures; those of witnesses are kept by themselves. */
  @Column({ type: 'text' })
  @NotPersonal()
  checkpoint: string;
}
