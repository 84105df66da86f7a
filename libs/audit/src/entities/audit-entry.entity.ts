import { Column, Entity } from 'typeorm';
import {
  AppendOnly,
  CodeColumn,
  IdColumn,
  InstantColumn,
  IntegerColumn,
  JsonColumn,
  NotCaptured,
  NotPersonal,
  PersonalData,
  RefColumn,
  type Sealed,
  Secret,
} from '#kernel';

export type Outcome = 'succeeded' | 'refused' | 'failed';
export type ActorKind = 'user' | 'system' | 'anonymous';

/** What one unit of work did, or was not allowed to do: who, when, to what, about whom, for what purpose. */
@Entity('audit_entry')
@NotCaptured('It is the record itself.')
@AppendOnly()
export class AuditEntry {
  /** Also the id of the unit of work. */
  @IdColumn()
  id: string;

  @InstantColumn()
  occurredAt: Date;

  @CodeColumn({ length: 100 })
  action: string;

  @CodeColumn({ length: 10 })
  outcome: Outcome;

  /** The error's stable code when the outcome is not `succeeded`. */
  @CodeColumn({ length: 100, nullable: true })
  errorCode: string | null;

  @CodeColumn({ length: 10 })
  actorKind: ActorKind;

  /** A user's id or `system:<name>`; null when nobody was logged in. */
  @CodeColumn({ length: 100, nullable: true })
  actorId: string | null;

  @RefColumn({ nullable: true })
  sessionId: string | null;

  @RefColumn({ nullable: true })
  requestId: string | null;

  @RefColumn({ nullable: true })
  traceId: string | null;

  @CodeColumn({ length: 60, nullable: true })
  resourceType: string | null;

  @CodeColumn({ length: 100, nullable: true })
  resourceId: string | null;

  /** The person whom it is about; further ones are in {@link AuditEntrySubject}. */
  @RefColumn({ nullable: true })
  subjectId: string | null;

  @CodeColumn({ length: 100, nullable: true })
  purpose: string | null;

  /** Plain facts; never personal data in clear. */
  @JsonColumn({ nullable: true })
  @NotPersonal()
  details: Record<string, unknown> | null;

  /** Whose key the client address is sealed under: the user, or the day's pseudo-subject of anonymous clients. */
  @RefColumn({ nullable: true })
  addressSubjectId: string | null;

  @PersonalData({
    id: 'audit.client_address',
    subject: 'addressSubjectId',
    retention: 'security',
    label: 'IP address used in an action on the record',
    name: 'client_address',
    nullable: true,
  })
  clientAddress: Sealed<string> | null;

  /** Its place in the transparency log; null until it is sequenced. */
  @IntegerColumn({ nullable: true })
  leafIndex: number | null;

  /** Which log that is; they are counted from 1. */
  @IntegerColumn({ nullable: true })
  logNumber: number | null;

  /** What is hashed before the payload, so that nobody can guess it. Null before it is sequenced and once it expired. */
  @Column({ type: 'blob', nullable: true })
  @Secret()
  salt: Buffer | null;

  /** Base64 of the SHA-256 that stands in the leaf for salt and payload. */
  @CodeColumn({ length: 44, nullable: true })
  payloadHash: string | null;

  /** Its retention ended: what it holds beside its leaf was dropped. */
  get isExpired(): boolean {
    return this.leafIndex !== null && this.salt === null;
  }
}
