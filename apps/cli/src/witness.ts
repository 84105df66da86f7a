import { type Command, InvalidArgumentError } from 'commander';
import { runWitness, type WitnessOptions } from '#audit';

/** `steward witness`: cosigns the checkpoints of other people's logs. It needs no database and none of our settings. */
export function addWitness(program: Command): void {
  program
    .command('witness')
    .description('run a witness (c2sp.org/tlog-witness) that cosigns the checkpoints of logs that only grow')
    .requiredOption('--key <file>', 'the file of its private key; made when it is not there, with --name')
    .requiredOption('--log <vkey>', 'the key of a log to serve, called as its origin (repeatable)', collect)
    .option(
      '--name <name>',
      'what a new key is called: an address without the scheme, such as witness.example/w1',
    )
    .option('--state <file>', 'what it remembers; the key file with .state behind it unless told otherwise')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'where to listen', port, 8787)
    .action(async (options: WitnessOptions) => {
      const witness = await runWitness(options, (line) => process.stderr.write(`${line}\n`));
      process.stdout.write(`${witness.vkey}\n`);
      process.stderr.write(`Witness of ${witness.origins.join(', ')} is ready on ${witness.url}\n`);
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void witness.close());
    });
}

const collect = (value: string, others: readonly string[] = []): string[] => [...others, value];

function port(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new InvalidArgumentError('It must be a port.');
  return Number(value);
}
