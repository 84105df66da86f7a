import { Injectable } from '@nestjs/common';
import { RequestContext, type Unit, type UnitIntent } from '#kernel';
import { AuditEntry, type Outcome } from '../entities/audit-entry.entity.js';
import { ClientAddress } from './client-address.js';

/** What an entry says beside who acts and where from, which the request context knows. */
export interface EntryFacts {
  readonly id: string;
  readonly occurredAt: Date;
  readonly intent: UnitIntent;
  readonly outcome: Outcome;
  readonly errorCode?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

// Written by hand because every write of the application passes here.
const INSERT_ENTRY = {
  before:
    'INSERT INTO audit_entry (id, occurred_at, action, outcome, error_code, actor_kind, actor_id, session_id, request_id,' +
    ' trace_id, resource_type, resource_id, subject_id, purpose, details, address_subject_id, client_address)' +
    ' VALUES',
};

/** Writes entries into the tail of a unit, so that they cost no round trip of their own. */
@Injectable()
export class EntryWriter {
  constructor(
    private readonly context: RequestContext,
    private readonly address: ClientAddress,
  ) {}

  /** Puts the entry into the unit's transaction. {@link ClientAddress.prepare} has run before the unit. */
  append(unit: Unit, facts: EntryFacts): void {
    const entry = this.entryOf(facts);
    unit.appendShared(INSERT_ENTRY, [
      entry.id,
      entry.occurredAt,
      entry.action,
      entry.outcome,
      entry.errorCode,
      entry.actorKind,
      entry.actorId,
      entry.sessionId,
      entry.requestId,
      entry.traceId,
      entry.resourceType,
      entry.resourceId,
      entry.subjectId,
      entry.purpose,
      entry.details && JSON.stringify(entry.details),
      entry.addressSubjectId,
      entry.clientAddress?.bytes ?? null,
    ]);
  }

  private entryOf({ id, occurredAt, intent, outcome, errorCode, details }: EntryFacts): AuditEntry {
    const state = this.context.get();
    const principal = state?.principal;
    const entry = Object.assign(new AuditEntry(), {
      id,
      occurredAt,
      action: code(intent.action, 100),
      outcome,
      errorCode: code(errorCode, 100),
      actorKind: principal?.kind ?? 'anonymous',
      actorId: code(principal?.id, 100),
      sessionId: code(principal?.sessionId, 40),
      requestId: code(state?.requestId, 40),
      traceId: code(state?.traceId, 40),
      resourceType: code(intent.resource?.type, 60),
      resourceId: code(intent.resource?.id, 100),
      subjectId: code(intent.subject, 40),
      purpose: code(intent.purpose ?? state?.purpose, 100),
      details: details && Object.keys(details).length > 0 ? details : null,
      addressSubjectId: null,
      clientAddress: null,
    });
    this.address.sealInto(entry);
    return entry;
  }
}

/** Ids in a refused request come from outside: what does not fit its column must not make the entry fail. */
function code(text: string | undefined, length: number): string | null {
  if (text === undefined) return null;
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, length);
}
