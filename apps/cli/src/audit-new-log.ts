import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { NewLog, notesOf, NothingLost } from '#audit';
import { RequestContext, systemPrincipal } from '#kernel';
import { openApp } from '../../api/src/open-app.js';

/** `steward audit:new-log`: says that the database was restored from a backup, and continues its log in a new one. */
export function addAuditNewLog(program: Command): void {
  program
    .command('audit:new-log')
    .description(
      'begin a new transparency log after the database was restored from a backup; its first leaf is the last checkpoint of the old one',
    )
    .requiredOption(
      '--last-checkpoint <file>',
      'the newest checkpoint that anybody remembers of the log as it was before the restore',
    )
    .action(async ({ lastCheckpoint }: { lastCheckpoint: string }) => {
      // A file that `audit:verify --remember` keeps may have those of former logs after it.
      const [note = ''] = notesOf(await readFile(lastCheckpoint, 'utf8'));
      const { app } = await openApp({ background: false });
      try {
        const context = app.get(RequestContext, { strict: false });
        const newLog = app.get(NewLog, { strict: false });
        const { number, origin } = await context.runAs(systemPrincipal('audit:new-log'), () =>
          newLog.begin(note),
        );
        process.stdout.write(`Log ${number} begins: ${origin}\n`);
      } catch (error) {
        if (!(error instanceof NothingLost)) throw error;
        process.stderr.write(`${error.message}. No new log was begun.\n`);
        process.exitCode = 1;
      } finally {
        await app.close();
      }
    });
}
