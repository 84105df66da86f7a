import { ConfigError } from '#kernel';

/** Runs an app's main function; what stops it is told in words where the operator can do something about it. */
export function run(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    process.stderr.write(`${told(error)}\n`);
    process.exit(1);
  });
}

function told(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken by another process. Stop that one, or choose another port with PORT (WORKER_PORT for a worker).`;
  return error.stack ?? error.message;
}
