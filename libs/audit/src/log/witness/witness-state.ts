import Sqlite from 'better-sqlite3';
import { OperatorError } from '#kernel';

/** The checkpoint that a witness cosigned last. */
export interface Witnessed {
  readonly size: number;
  readonly root: Buffer;
  /** The checkpoint with the signatures that were verified and the cosignature. */
  readonly note: string;
}

/** The state of the witness is not to be used; the message says why. */
export class WitnessStateError extends OperatorError {
  override readonly name = 'WitnessStateError';
}

/**
 * What a witness remembers, in a small database file: an update is checked and made in one transaction that is on disk
 * before it returns, whichever process or thread asks at the same time.
 */
export class WitnessState {
  private readonly database: Sqlite.Database;

  /**
   * Opens the state of the witness with this key; `isNew` says that the key was just made, so that there may be none.
   * @throws WitnessStateError when the state is gone or another key's: then this key might sign a second history.
   */
  constructor(file: string, vkey: string, isNew: boolean) {
    try {
      this.database = new Sqlite(file, { fileMustExist: !isNew, timeout: 5_000 });
    } catch (error) {
      throw new WitnessStateError(
        `${file} cannot be opened (${String(error)}). Without what it remembers, a witness would sign a second history: restore the file, or begin with a new key`,
      );
    }
    this.database.pragma('journal_mode = DELETE');
    // Also the directory's entry of the journal is on disk before a commit returns.
    this.database.pragma('synchronous = EXTRA');
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS witness (vkey TEXT NOT NULL) STRICT;
       CREATE TABLE IF NOT EXISTS witnessed (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL) STRICT;`,
    );
    const owner = this.database.prepare<[], { vkey: string }>('SELECT vkey FROM witness').get();
    if (owner === undefined && isNew)
      this.database.prepare('INSERT INTO witness (vkey) VALUES (?)').run(vkey);
    else if (owner?.vkey !== vkey) {
      this.database.close();
      throw new WitnessStateError(`${file} is the state of ${owner?.vkey ?? 'no witness'}, not of ${vkey}`);
    }
  }

  /** What was cosigned last for a log. */
  latest(origin: string): Witnessed | undefined {
    return this.database
      .prepare<[string], Witnessed>('SELECT size, root, note FROM witnessed WHERE origin = ?')
      .get(origin);
  }

  /**
   * Lets `decide` see what was cosigned last and say what is to be remembered instead; undefined leaves it. Nobody else
   * decides meanwhile.
   */
  update<Decision extends { readonly next?: Witnessed }>(
    origin: string,
    decide: (latest: Witnessed | undefined) => Decision,
  ): Decision {
    const run = this.database.transaction(() => {
      const decision = decide(this.latest(origin));
      if (decision.next) {
        const { size, root, note } = decision.next;
        this.database
          .prepare('REPLACE INTO witnessed (origin, size, root, note) VALUES (?, ?, ?, ?)')
          .run(origin, size, root, note);
      }
      return decision;
    });
    return run.immediate();
  }

  close(): void {
    this.database.close();
  }
}
