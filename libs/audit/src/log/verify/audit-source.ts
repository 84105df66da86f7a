import { readFile } from 'node:fs/promises';
import { NoteError } from '../note/text.js';
import { directory } from './directory.js';
import type { Findings } from './findings.js';
import { AccessDenied, type LogSource, SourceUnreadable } from './log-source.js';
import { noProgress, type Progress } from './progress.js';
import type { Fact } from './report.js';
import { StaticLog } from './static-log.js';
import type { VerifiedLogs } from './verify-logs.js';
import { webServer } from './web-server.js';

/** Where a log is, as a command line says it. */
export interface AuditToRead {
  /** A directory in the static layout of tlog-tiles. */
  readonly dir?: string;
  /** The address of such a layout, up to `checkpoint`. */
  readonly url?: string;
  /** The file of a bearer token for leaf data at `url`. */
  readonly tokenFile?: string;
}

/** A log whose record can be read as well: the database. */
export interface RecordSource extends LogSource {
  /** Compares the record with the log, row by row; says how much was looked at. */
  checkRecord(logs: VerifiedLogs, findings: Findings, progress: Progress): Promise<Fact[]>;
}

/** Opens the record for as long as it is verified. */
export interface RecordOpener {
  /** @throws SourceUnreadable when there is no log yet. */
  open<T>(work: (source: RecordSource) => Promise<T>): Promise<T>;
}

export interface Verdict {
  /** 0: verified; 1: something is wrong; 2: nothing can be said. */
  readonly exitCode: 0 | 1 | 2;
  /** For people. */
  readonly report: string;
}

/** Who can read the database, and who is told how far it is. */
export interface AuditOptions {
  readonly record?: RecordOpener;
  readonly progress?: Progress;
}

/** Opens what is to be read for `work`; reports the `failure` when it cannot be read. */
export async function readAudit(
  from: AuditToRead,
  { record: opener, progress = noProgress, failure }: AuditOptions & { readonly failure: string },
  work: (
    source: LogSource | undefined,
    at: { record?: RecordSource; progress: Progress },
  ) => Promise<Verdict>,
): Promise<Verdict> {
  try {
    if (opener === undefined) return await work(await sourceOf(from), { progress });
    return await opener.open((record) => work(record, { record, progress }));
  } catch (error) {
    const known = [SourceUnreadable, AccessDenied, NoteError];
    if (!(error instanceof Error && known.some((kind) => error instanceof kind))) throw error;
    return { exitCode: 2, report: `${failure}: ${error.message}.\n` };
  } finally {
    progress.end();
  }
}

async function sourceOf({ dir, url, tokenFile }: AuditToRead): Promise<LogSource | undefined> {
  if (dir !== undefined) return StaticLog.newest(directory(dir));
  if (url === undefined) return undefined;
  const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
  return StaticLog.newest(webServer(url, { ...(token !== undefined && { token }) }));
}
