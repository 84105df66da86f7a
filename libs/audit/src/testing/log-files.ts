import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportLog } from '../log/verify/export-log.js';
import { type AuditToVerify, verifyAudit } from '../log/verify/verify-audit.js';
import type { TestLog } from './test-log.js';

/** A directory with logs in it, and what a verifier remembers of one. */
export class LogFiles {
  readonly dir = mkdtempSync(join(tmpdir(), 'steward-verify-'));
  readonly memory = this.path('remembered');

  path(...names: string[]): string {
    return join(this.dir, ...names);
  }

  write(log: TestLog, to = 'log'): Promise<unknown> {
    return exportLog(log, this.path(to), { withEntries: log.isOpen });
  }

  verify(log: TestLog, from = 'log', request: AuditToVerify = {}) {
    return verifyAudit({ dir: this.path(from), key: log.vkeys, remember: this.memory, ...request });
  }

  edit(path: string, change: (bytes: Buffer) => Buffer | void): void {
    const file = this.path('log', path);
    const bytes = readFileSync(file);
    writeFileSync(file, change(bytes) ?? bytes);
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
