import { Injectable, Logger } from '@nestjs/common';
import type { AuditLog } from '../../entities/audit-log.entity.js';
import { LogKeys } from '../log-keys.js';
import { LogStore, MissingTile } from '../log-store.js';
import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../note/checkpoint.js';
import { parseNote } from '../note/note.js';
import { NoteError } from '../note/text.js';
import { familyOf, numberOf } from '../origin.js';
import { MalformedTile, treeRoot } from '../tree/hash-reader.js';

/**
 * How the log in the database falls short of a checkpoint that was signed: it has fewer entries, others, or the whole log
 * is not there.
 */
export type Shortfall = 'shorter' | 'different' | 'absent';

/** A checkpoint that this installation signed, and that the log in the database does not live up to. */
export interface LostEntries {
  /** The signed note, byte for byte. */
  readonly note: string;
  readonly checkpoint: Checkpoint;
  readonly shortfall: Shortfall;
}

/** Compares what was signed with what is in the database. */
@Injectable()
export class LostEntriesCheck {
  private readonly logger = new Logger('LostEntriesCheck');

  constructor(
    private readonly store: LogStore,
    private readonly keys: LogKeys,
  ) {}

  /**
   * What the database has lost of the log that this note is a checkpoint of; undefined when it has it all. `current` is
   * the newest log in the database. Throws {@link NoteError} for a note that none of our keys signed.
   */
  async compare(note: string, current: AuditLog | undefined): Promise<LostEntries | undefined> {
    const checkpoint = this.open(note);
    const shortfall = await this.shortfallOf(checkpoint, current);
    return shortfall && { note, checkpoint, shortfall };
  }

  /** As {@link compare}, for a note that need not be ours: of one that says nothing, only the log tells. */
  async compareRemembered(note: string, current: AuditLog | undefined): Promise<LostEntries | undefined> {
    try {
      const { origin } = parseCheckpoint(parseNote(note).text);
      const family = familyOf(current?.origin ?? this.keys.firstOrigin);
      if (familyOf(origin) === family) return await this.compare(note, current);
      this.logger.warn({ origin, family }, 'the remembered checkpoint is of a log with another name');
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      this.logger.warn({ err: error }, 'the remembered checkpoint is none that our keys signed');
    }
    return undefined;
  }

  private open(note: string): Checkpoint {
    const { origin } = parseCheckpoint(parseNote(note).text);
    return openCheckpoint(note, { logKeys: this.keys.verifiers(origin), origin }).checkpoint;
  }

  private async shortfallOf(
    { origin, size, root }: Checkpoint,
    current: AuditLog | undefined,
  ): Promise<Shortfall | undefined> {
    const number = numberOf(origin);
    if (!current || number > current.number) return 'absent';
    // Of a former log nothing is written any more.
    if (number < current.number) return undefined;
    if (size > current.size) return 'shorter';
    try {
      const present = await treeRoot(size, this.store.reader(number, current.size));
      return present.equals(root) ? undefined : 'different';
    } catch (error) {
      if (error instanceof MissingTile || error instanceof MalformedTile) return 'different';
      throw error;
    }
  }
}
