import { DomainEvent } from '#kernel';

/** A person was erased: their account key is destroyed. Whoever keeps anything about them outside the database lets go of it. */
export class SubjectErased extends DomainEvent<{ readonly subject: string }> {
  static readonly type = 'privacy.subject_erased';
}
