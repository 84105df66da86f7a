import { DomainEvent } from '#kernel';

/** A person's key of one retention class was destroyed: what was sealed under it cannot be read again. */
export class SubjectKeyDestroyed extends DomainEvent<{
  readonly subject: string;
  readonly retention: string;
}> {
  static readonly type = 'vault.subject_key_destroyed';
}
