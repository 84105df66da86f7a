import { ConfigError } from '#kernel';

/** Runs an app's main function; what stops it is told in words where the operator can do something about it. */
export function run(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    const text =
      error instanceof ConfigError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  });
}
