import { csvRecord } from './csv.js';
import type { ExportedEntry } from './exported-entry.js';
import { ocsfEvent } from './ocsf/ocsf-event.js';

export const EXPORT_FORMATS = ['ndjson', 'csv', 'ocsf'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How entries are written down. */
interface Writer {
  readonly type: string;
  readonly fileName: string;
  /** What comes before all entries. */
  readonly head: string;
  write(entry: ExportedEntry): string;
}

const COLUMNS: Readonly<Record<string, (entry: ExportedEntry) => string | number | boolean | null>> = {
  id: ({ id }) => id,
  occurredAt: ({ occurredAt }) => occurredAt,
  action: ({ action }) => action,
  outcome: ({ outcome }) => outcome,
  errorCode: ({ errorCode }) => errorCode,
  actorKind: ({ actorKind }) => actorKind,
  actorId: ({ actorId }) => actorId,
  sessionId: ({ sessionId }) => sessionId,
  requestId: ({ requestId }) => requestId,
  traceId: ({ traceId }) => traceId,
  resourceType: ({ resourceType }) => resourceType,
  resourceId: ({ resourceId }) => resourceId,
  subjects: ({ subjects }) => subjects.join(' '),
  purpose: ({ purpose }) => purpose,
  details: ({ details }) => (details === null ? null : JSON.stringify(details)),
  clientAddress: ({ clientAddress }) => clientAddress,
  isExpired: ({ isExpired }) => isExpired,
  logOrigin: ({ log }) => log?.origin ?? null,
  logIndex: ({ log }) => log?.index ?? null,
  proof: ({ log }) => log?.proof ?? null,
};

const line = (value: object): string => `${JSON.stringify(value)}\n`;
const NDJSON = 'application/x-ndjson; charset=utf-8';

export const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  ndjson: { type: NDJSON, fileName: 'audit-entries.ndjson', head: '', write: line },
  csv: {
    type: 'text/csv; charset=utf-8; header=present',
    fileName: 'audit-entries.csv',
    head: csvRecord(Object.keys(COLUMNS)),
    write: (entry) => csvRecord(Object.values(COLUMNS).map((column) => column(entry))),
  },
  ocsf: {
    type: NDJSON,
    fileName: 'audit-entries.ocsf.ndjson',
    head: '',
    write: (entry) => line(ocsfEvent(entry)),
  },
};
