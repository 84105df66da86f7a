import { Entity, PrimaryColumn } from 'typeorm';
import { NotCaptured, NotPersonal } from '#kernel';

/** Something by which a sequenced entry is found, such as `actor:usr_…`. Derived from the record; see `termsOf`. */
@Entity('audit_term')
@NotCaptured('It is derived from the record and can be built again.')
export class AuditTerm {
  @PrimaryColumn({ type: 'varchar', length: 330 })
  @NotPersonal()
  term: string;

  @PrimaryColumn({ type: 'varchar', length: 40 })
  @NotPersonal()
  entryId: string;
}
