import type { TileId } from '../tree/tile.js';

/** Where a log is read from. Nothing that it gives is believed. */
export interface LogSource {
  /** What it is called in a report: a directory, an address, a database. */
  readonly name: string;
  /** The verifier keys that the log shows of itself, a line each; undefined when it shows none. */
  key(): Promise<string | undefined>;
  /** The newest signed checkpoint; undefined when there is none. */
  checkpoint(): Promise<Buffer | undefined>;
  /** The checkpoint that witnesses had time to cosign, where that is kept beside the newest one. */
  served?(): Promise<string | undefined>;
  /** A tile's hashes, or more than asked for; undefined when it is not there. */
  tile(tile: TileId): Promise<Buffer | undefined>;
  /** The leaf data of a bundle, which has the coordinates of a tile of level 0; undefined when it is not there. */
  leaves(bundle: Omit<TileId, 'level'>): Promise<readonly Uint8Array[] | undefined>;
  /** A former log, which a later one continues after a restore, by its number; undefined when it is not there. */
  former(number: number): Promise<LogSource | undefined>;
  /** How many reads it is worth having under way at a time. */
  readonly readAhead: number;
}

/** The log's data is there and we may not read it: its leaf data is often for auditors only. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
}

/** The source could not be read at all, so that nothing can be said about the log. The message says why. */
export class SourceUnreadable extends Error {
  override readonly name = 'SourceUnreadable';
}
