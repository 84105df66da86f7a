import { told } from './boot-failure.js';

/** Runs an app's main function; what stops it is told in words where the operator can do something about it. */
export function run(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    process.stderr.write(`${told(error)}\n`);
    process.exit(1);
  });
}
