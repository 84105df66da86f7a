import { type Command, InvalidArgumentError } from 'commander';
import { type AuditToVerify, DatabaseRecord, ProgressBar, type Verdict, verifyAudit } from '#audit';
import { openApp } from '../../api/src/open-app.js';

/** `steward audit:verify`: checks the transparency log, and the record behind it, and says in words what is wrong. */
export function addAuditVerify(program: Command): void {
  program
    .command('audit:verify')
    .description(
      'verify the transparency log; exit code 0: verified, 1: something is wrong, 2: nothing can be said',
    )
    .option('--dir <directory>', 'read the log from files in the layout of c2sp.org/tlog-tiles')
    .option('--url <address>', 'read the log from a server, such as https://steward.example/v1/log')
    .option(
      '--database',
      "read this installation's database, and compare every entry, captured change and present row with the log",
    )
    .option('--token-file <file>', 'an access token for the entries at --url, which only auditors may read')
    .option('--key <vkey>', 'a key of the log that you trust (repeatable)', collect)
    .option('--witness <vkey>', 'a key of a witness that must have cosigned (repeatable)', collect)
    .option(
      '--quorum <number>',
      'how many of these witnesses are enough; all of them unless told otherwise',
      wholeNumber,
    )
    .option(
      '--remember <file>',
      'check that the log only grew since the checkpoint in this file, and renew it',
    )
    .option(
      '--accept-restore',
      'what a restore from a backup has lost of a former log is known; with --remember it is accepted for good',
    )
    .option('--proof <file>', 'check the proof of a single entry: text, or the JSON that the API answers')
    .option('--leaf <file>', "that entry's leaf data")
    .action(async (options: Options) => {
      const { exitCode, report } = await verify(options);
      (exitCode === 2 ? process.stderr : process.stdout).write(report);
      process.exitCode = exitCode;
    });
}

type Options = AuditToVerify & { readonly database?: true };

async function verify({ database, ...request }: Options): Promise<Verdict> {
  const bar = process.stderr.isTTY ? { progress: new ProgressBar(process.stderr) } : {};
  if (database === undefined) return verifyAudit(request, bar);
  const { app } = await openApp({ migrate: false, background: false });
  try {
    return await verifyAudit(request, { record: app.get(DatabaseRecord, { strict: false }), ...bar });
  } finally {
    await app.close();
  }
}

const collect = (value: string, others: readonly string[] = []): string[] => [...others, value];

function wholeNumber(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}
