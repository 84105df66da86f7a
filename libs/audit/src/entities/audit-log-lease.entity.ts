import { Entity, PrimaryColumn } from 'typeorm';
import { CodeColumn, InstantColumn, IntegerColumn, NotCaptured, NotPersonal } from '#kernel';
import { wholeNumber } from './whole-number.js';

/** Who may extend the log, in the only row. The token grows with each holder, so that a former one is recognised. */
@Entity('audit_log_lease')
@NotCaptured('It says which process sequences; it changes every few seconds and says nothing about data.')
export class AuditLogLease {
  @PrimaryColumn({ type: 'bigint', transformer: wholeNumber })
  @NotPersonal()
  id: number;

  @CodeColumn({ length: 100, nullable: true })
  holder: string | null;

  @IntegerColumn()
  token: number;

  @InstantColumn()
  leasedUntil: Date;
}
