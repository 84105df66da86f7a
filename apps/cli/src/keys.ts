import { Argument, type Command } from 'commander';
import {
  changeKeyringFile,
  generateKeyring,
  type KeyringMaterial,
  withNewestLogKeyOnly,
  withNewLogKey,
} from '#vault';

/** `steward keys:generate` and `steward keys:rotate`. They need no database and none of our settings. */
export function addKeys(program: Command): void {
  program
    .command('keys:generate')
    .description('print a new keyring, for KEYRING or the file that KEYRING_FILE names')
    .action(() => {
      process.stdout.write(`${JSON.stringify(generateKeyring(), null, 2)}\n`);
    });

  program
    .command('keys:rotate')
    .description('add a new key to a keyring file; it takes effect when the processes start again')
    .addArgument(new Argument('<which>', 'which key').choices(['log']))
    .requiredOption('--file <keyring>', 'the file with the keyring')
    .option('--finish', 'instead, drop the keys before the newest')
    .action((_which: 'log', { file, finish }: { file: string; finish?: true }) => {
      const { logKeys } = changed(program, file, finish ? withNewestLogKeyOnly : withNewLogKey);
      process.stdout.write(`${logKeys.length === 1 ? ONE_KEY : severalKeys(logKeys.length)}\n`);
    });
}

function changed(program: Command, ...[file, change]: Parameters<typeof changeKeyringFile>): KeyringMaterial {
  try {
    return changeKeyringFile(file, change);
  } catch (error) {
    return program.error(
      `${file} was not changed. ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const ONE_KEY = 'The log has one key. Start all processes again.';

const severalKeys = (count: number): string =>
  `The log has ${count} keys, and each will sign its checkpoints. Start all processes again, give the first key that ` +
  'GET /v1/log/key then tells to everybody who verifies the log and to its witnesses, and when they have it, run this ' +
  'again with --finish.';
