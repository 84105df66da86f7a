import { OperatorError } from '#kernel';

/** What errors of Node, of the database drivers and of SQLite carry. */
type Failure = Error & {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
  readonly address?: string;
  readonly hostname?: string;
  readonly port?: number;
  /** Set by the driver when the connection to a database server is lost or was never made. */
  readonly fatal?: boolean;
};

/** What stopped an app: a sentence where whoever runs it can do something about it, else the stack. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return sentence(error) ?? error.stack ?? error.message;
}

function sentence(error: Failure): string | undefined {
  const { code = '', syscall, message } = error;
  if (error instanceof OperatorError) return message;
  if (error.fatal === true)
    return `The database server cannot be reached: ${message}. Start it, or correct DATABASE_URL and DATABASE_TLS.`;
  if (syscall === 'listen' || syscall === 'getaddrinfo') return cannotListen(error);
  if (/^ER_(ACCESS_DENIED|BAD_DB|DBACCESS_DENIED|SECURE_TRANSPORT)/.test(code))
    return `The database server refuses the connection: ${message}. Correct DATABASE_URL, or DATABASE_MIGRATION_URL for "steward migrate".`;
  if (/^ER_\w*ACCESS_DENIED/.test(code))
    return `The database user lacks a right: ${message}. A user that may change the schema belongs into DATABASE_MIGRATION_URL, and only there.`;
  if (code === 'ER_BINLOG_CREATE_ROUTINE_NEED_SUPER')
    return 'The database server lets only a superuser make triggers while it writes a binary log. Start it with log_bin_trust_function_creators=1, and migrate again.';
  if (/^SQLITE_(NOTADB|CORRUPT|CANTOPEN|READONLY|PERM|IOERR|FULL)/.test(code))
    return `The embedded database, steward.sqlite in DATA_DIR, cannot be used: ${message}. Restore it from a backup, let this user read and write it, or choose another DATA_DIR.`;
  return syscall === undefined ? undefined : cannotUse(error);
}

function cannotListen({ code, port, address, hostname, message }: Failure): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken by another process. Stop that one, or choose another port with PORT (WORKER_PORT for a worker).`;
    case 'EACCES':
      return `Port ${port} is for the system's own users. Choose one above 1023 with PORT (WORKER_PORT for a worker).`;
    default:
      return `Nobody can listen on ${hostname ?? address}, which HOST says: ${message}. Set it to an address of this machine, or to 0.0.0.0 for all.`;
  }
}

/** Node says `ENOENT: no such file or directory, open '/path'`. */
function cannotUse({ syscall, path, message }: Failure): string | undefined {
  if (path === undefined) return undefined;
  const why = /^\w+: ([^,]+)/.exec(message)?.[1] ?? message;
  const what = syscall === 'mkdir' ? `The directory ${path} cannot be made` : `${path} cannot be used`;
  return `${what}: ${why}. Correct the setting or option that names it, or let this user read and write there.`;
}
