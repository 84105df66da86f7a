import { type Command, type CommanderError, InvalidArgumentError } from 'commander';
import {
  type AuditOptions,
  type AuditToCopy,
  type AuditToVerify,
  copyAudit,
  DatabaseRecord,
  ProgressBar,
  type Verdict,
  verifyAudit,
} from '#audit';
import { OperatorError } from '#kernel';
import { told } from '../../api/src/boot-failure.js';
import { openApp } from '../../api/src/open-app.js';

/** `steward audit:verify`: checks the transparency log, and the record behind it, and says in words what is wrong. */
export function addAuditVerify(program: Command): void {
  program
    .command('audit:verify')
    .exitOverride(sayNothing)
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
    .action(({ database, ...request }: FromDatabase<AuditToVerify>) =>
      tell('NOTHING VERIFIED', database, (options) => verifyAudit(request, options)),
    );
}

/** `steward audit:copy`: copies the transparency log into a directory, for whoever wants to verify or serve it elsewhere. */
export function addAuditCopy(program: Command): void {
  program
    .command('audit:copy')
    .exitOverride(sayNothing)
    .description(
      'copy the transparency log into a directory, or bring an earlier copy up to date; in the layout of c2sp.org/tlog-tiles',
    )
    .option('--url <address>', 'copy it from a server, such as https://steward.example/v1/log')
    .option('--database', "copy it from this installation's database")
    .option('--entries', 'copy the leaf data as well, which says who did what')
    .option('--token-file <file>', 'an access token for the entries at --url, which only auditors may read')
    .requiredOption('--to <directory>', 'the directory')
    .action(({ database, ...request }: FromDatabase<AuditToCopy>) =>
      tell('NOT COPIED', database, (options) => copyAudit(request, options)),
    );
}

type FromDatabase<Request> = Request & { readonly database?: true };

const UNMIGRATED =
  'The database lacks migrations of this version. Run "steward migrate", or use the version that it belongs to.';

/** What cannot be understood says nothing about the log. */
function sayNothing({ exitCode }: CommanderError): void {
  process.exit(exitCode === 0 ? 0 : 2);
}

/**
 * Prints what comes of it, with a progress bar on a terminal; opens the database when it is asked for. Whatever stops
 * the work is a `failure` to say anything, and never a finding.
 */
async function tell(
  failure: string,
  database: true | undefined,
  work: (options: AuditOptions) => Promise<Verdict>,
): Promise<void> {
  const bar = process.stderr.isTTY ? { progress: new ProgressBar(process.stderr) } : {};
  const verdict = database ? withDatabase((record) => work({ record, ...bar })) : work(bar);
  const { exitCode, report } = await verdict.catch((error: unknown): Verdict => ({
    exitCode: 2,
    report: `${failure}: ${told(error)}\n`,
  }));
  (exitCode === 2 ? process.stderr : process.stdout).write(report);
  process.exitCode = exitCode;
}

async function withDatabase(work: (record: DatabaseRecord) => Promise<Verdict>): Promise<Verdict> {
  const { app, pending } = await openApp({ migrate: false, background: false, mayCreate: false });
  try {
    return await work(app.get(DatabaseRecord, { strict: false }));
  } catch (error) {
    throw pending.length > 0 ? new OperatorError(UNMIGRATED, { cause: error }) : error;
  } finally {
    await app.close();
  }
}

const collect = (value: string, others: readonly string[] = []): string[] => [...others, value];

function wholeNumber(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}
