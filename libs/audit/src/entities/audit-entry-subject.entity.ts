import { Entity, PrimaryColumn } from 'typeorm';
import { AppendOnly, NotCaptured, NotPersonal } from '#kernel';

/** One of the people whom an entry is about, when there are several: a list of them was revealed. */
@Entity('audit_entry_subject')
@NotCaptured('It is the record itself.')
@AppendOnly()
export class AuditEntrySubject {
  @PrimaryColumn({ type: 'varchar', length: 40 })
  @NotPersonal()
  entryId: string;

  @PrimaryColumn({ type: 'varchar', length: 40 })
  @NotPersonal()
  subjectId: string;
}
