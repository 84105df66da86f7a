import { Entity, PrimaryColumn } from 'typeorm';
import { NotCaptured, NotPersonal, RefColumn } from '#kernel';

/** How far the payloads of entries with an action have been looked at for their retention. */
@Entity('audit_retention')
@NotCaptured('It says how far retention has come; each run that drops something has an entry.')
export class AuditRetention {
  @PrimaryColumn({ type: 'varchar', length: 100 })
  @NotPersonal()
  action: string;

  /** The last entry whose term has ended and that was looked at. */
  @RefColumn({ nullable: true })
  reachedId: string | null;

  /** The last of those that was looked at again, for what was held then may go later; null to begin anew. */
  @RefColumn({ nullable: true })
  recheckedId: string | null;
}
