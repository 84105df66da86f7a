import type { ExportedEntry } from '../exported-entry.js';
import {
  ACCOUNT_CHANGE,
  activityOf,
  API_ACTIVITY,
  AUTHENTICATION,
  DATASTORE_ACTIVITY,
  ENTITY_MANAGEMENT,
} from './ocsf-classes.js';

/** Open Cybersecurity Schema Framework, https://schema.ocsf.io/1.8.0. */
export const OCSF_VERSION = '1.8.0';

const SERVICE = { name: 'steward' };
const USER_TYPES = { user: 1, system: 3, anonymous: 0 } as const;
const TYPE_NAMES = { user: 'User', system: 'System', anonymous: 'Unknown' } as const;
const SEVERITIES = {
  succeeded: { severity_id: 1, severity: 'Informational' },
  refused: { severity_id: 2, severity: 'Low' },
  failed: { severity_id: 3, severity: 'Medium' },
} as const;
/** Somebody went around the application. */
const UNATTRIBUTED = 'database.change';

type Attributes = Readonly<Record<string, unknown>>;

/** An entry as an OCSF event. Members without a value are left out. */
export function ocsfEvent(entry: ExportedEntry): Attributes {
  const { class: of, activityId, activityName } = activityOf(entry);
  const severity =
    entry.action === UNATTRIBUTED ? { severity_id: 4, severity: 'High' } : SEVERITIES[entry.outcome];
  return filled({
    activity_id: activityId,
    activity_name: activityName,
    category_uid: of.categoryUid,
    category_name: of.categoryName,
    class_uid: of.uid,
    class_name: of.name,
    type_uid: of.uid * 100 + activityId,
    type_name: `${of.name}: ${activityName}`,
    time: Date.parse(entry.occurredAt),
    message: messageOf(entry),
    ...severity,
    status_id: entry.outcome === 'succeeded' ? 1 : 2,
    status: entry.outcome === 'succeeded' ? 'Success' : 'Failure',
    status_code: entry.errorCode,
    status_detail: entry.outcome,
    metadata: metadataOf(entry, of.uid),
    actor: filled({ user: userOf(entry), session: named(entry.sessionId) }),
    src_endpoint: sourceOf(entry),
    ...ofClass(entry, of.uid),
    enrichments: placeOf(entry),
    unmapped: filled({
      subjects: entry.subjects,
      purpose: entry.purpose,
      details: entry.details,
      trace: of.uid === API_ACTIVITY.uid ? null : entry.traceId,
      expired: entry.isExpired ? true : null,
    }),
  });
}

function messageOf({ actorKind, actorId, action, resourceType, resourceId, outcome }: ExportedEntry): string {
  const resource = resourceType === null ? '' : ` on ${resourceType} ${resourceId ?? ''}`.trimEnd();
  return `${actorId ?? actorKind}: ${action}${resource}: ${outcome}`;
}

function metadataOf(entry: ExportedEntry, classUid: number): Attributes {
  return filled({
    version: OCSF_VERSION,
    product: { name: 'Steward', vendor_name: 'Steward' },
    profiles: classUid === API_ACTIVITY.uid && entry.traceId !== null ? ['trace'] : null,
    uid: entry.id,
    original_event_uid: entry.id,
    event_code: entry.action,
    original_time: entry.occurredAt,
    correlation_uid: entry.requestId,
    log_name: entry.log?.origin ?? null,
    sequence: entry.log?.index ?? null,
  });
}

/** Anonymous actors have no id; OCSF wants one of id and name. */
const userOf = ({ actorKind, actorId }: ExportedEntry): Attributes => ({
  ...(actorId === null ? { name: 'anonymous' } : { uid: actorId }),
  type_id: USER_TYPES[actorKind],
  type: TYPE_NAMES[actorKind],
});

/** Whom the entry is about; with several they are in `unmapped.subjects`. */
const targetOf = ({ subjects, resourceType, resourceId }: ExportedEntry): Attributes => {
  const [only = resourceType === 'user' ? resourceId : null] = subjects.length === 1 ? subjects : [];
  return only === null ? { name: 'unknown', type_id: 0 } : { uid: only, type_id: 1, type: 'User' };
};

/** The address of the client is personal data, and sealed. */
function sourceOf({ actorKind, clientAddress }: ExportedEntry): Attributes {
  if (actorKind === 'system') return { svc_name: SERVICE.name };
  return { name: clientAddress ?? 'unknown' };
}

/** What a class demands beside the attributes of all. */
function ofClass(entry: ExportedEntry, classUid: number): Attributes {
  const { action, resourceType, resourceId, requestId, traceId, sessionId } = entry;
  switch (classUid) {
    case AUTHENTICATION.uid:
      return filled({ user: targetOf(entry), service: SERVICE, session: named(sessionId) });
    case ACCOUNT_CHANGE.uid:
      return { user: targetOf(entry) };
    case ENTITY_MANAGEMENT.uid:
      return { entity: filled({ uid: resourceId ?? 'unknown', type: resourceType }) };
    case DATASTORE_ACTIVITY.uid:
      return filled({
        database: { name: SERVICE.name, type_id: 1, type: 'Relational' },
        table: action === UNATTRIBUTED && resourceType !== null ? { name: resourceType } : null,
        type_id: 1,
        type: 'Database',
      });
    default:
      return filled({
        api: filled({
          operation: resourceType === 'operation' ? resourceId : action,
          request: named(requestId),
          service: SERVICE,
        }),
        resources: resourceType === null ? null : [filled({ uid: resourceId, type: resourceType })],
        trace: named(traceId),
      });
  }
}

/** Where the entry stands in the transparency log, and where the proof of it is. */
function placeOf({ id, log }: ExportedEntry): readonly Attributes[] | null {
  if (log === null) return null;
  const { origin, number, index, payloadHash, proof } = log;
  const data = { origin, number, index, payload: payloadHash, proof };
  return [{ name: 'metadata.original_event_uid', value: id, type: 'transparency-log', data }];
}

const named = (uid: string | null): Attributes | null => (uid === null ? null : { uid });

const filled = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
