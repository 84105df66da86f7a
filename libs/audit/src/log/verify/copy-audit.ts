import { type AuditOptions, type AuditToRead, readAudit, type Verdict } from './audit-source.js';
import { exportLogs } from './export-log.js';
import { SourceUnreadable } from './log-source.js';

/** What to copy, and where to, as a command line says it. */
export interface AuditToCopy extends AuditToRead {
  /** The directory to copy it into. */
  readonly to: string;
  /** Copy the leaf data as well, which says who did what. */
  readonly entries?: boolean;
}

/** Copies a log, and those that it continues, into a directory which anybody can verify. */
export async function copyAudit(
  { to, entries = false, ...from }: AuditToCopy,
  options: AuditOptions = {},
): Promise<Verdict> {
  return readAudit(from, { ...options, failure: 'NOT COPIED' }, async (source, { progress }) => {
    if (source === undefined) throw new SourceUnreadable('Say what to copy: --url or --database');
    const logs = await exportLogs(source, to, { withEntries: entries, progress });
    const lines = logs.map(({ origin, size }) => `${origin}: ${size.toLocaleString('en')} entries\n`);
    return { exitCode: 0, report: lines.join('') };
  });
}
