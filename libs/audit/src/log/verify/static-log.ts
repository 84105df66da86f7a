import { decodeBundle } from '../leaf/bundle.js';
import { MAX_LEAF_BYTES } from '../leaf/leaf.js';
import { MAX_NOTE_BYTES } from '../note/note.js';
import { NoteError } from '../note/text.js';
import { numberOf } from '../origin.js';
import { TILE_BYTES, TILE_WIDTH, type TileId, type TilePath, tilePath } from '../tree/tile.js';
import { readCheckpoint } from './compare.js';
import type { LogSource } from './log-source.js';

const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_LEAF_BYTES);

/** Named pieces of bytes: a directory or a web server. */
export interface Resources {
  readonly name: string;
  readonly readAhead: number;
  /**
   * The bytes under a path; undefined when there is nothing.
   * @throws AccessDenied when reading is not allowed, SourceUnreadable when it fails or there are more than `maxBytes`.
   */
  read(path: string, maxBytes: number): Promise<Buffer | undefined>;
}

/**
 * A log in the static layout of C2SP tlog-tiles, with its verifier keys beside it under `key`. Of several logs, each of which
 * continues another, all but the first are below their numbers.
 */
export class StaticLog implements LogSource {
  private constructor(
    private readonly resources: Resources,
    private readonly prefix = '',
    private readonly others = '',
  ) {}

  /** The newest log at an address, which may also be one log's own, as in `…/v1/log/2`. */
  static async newest(resources: Resources): Promise<StaticLog> {
    const origin = await originAt(resources, '');
    if (origin === undefined) return new StaticLog(resources);
    let number = numberOf(origin);
    if (number > 1 && resources.name.endsWith(`/${number}`)) return new StaticLog(resources, '', '../');
    while ((await originAt(resources, `${number + 1}/`)) !== undefined) number++;
    const below = `${number}/`;
    const isBelow = number > 1 && (await originAt(resources, below)) !== undefined;
    return new StaticLog(resources, isBelow ? below : '');
  }

  get name(): string {
    return this.prefix === '' ? this.resources.name : `${this.resources.name}/${this.prefix.slice(0, -1)}`;
  }

  get readAhead(): number {
    return this.resources.readAhead;
  }

  async key(): Promise<string | undefined> {
    return (await this.resources.read(`${this.prefix}key`, MAX_NOTE_BYTES))?.toString();
  }

  checkpoint(): Promise<Buffer | undefined> {
    return this.resources.read(`${this.prefix}checkpoint`, MAX_NOTE_BYTES);
  }

  tile(tile: TileId): Promise<Buffer | undefined> {
    return this.readTile(tile, TILE_BYTES);
  }

  async former(number: number): Promise<StaticLog | undefined> {
    for (const prefix of [`${this.others}${number}/`, this.others]) {
      const origin = await originAt(this.resources, prefix);
      if (origin !== undefined && numberOf(origin) === number)
        return new StaticLog(this.resources, prefix, this.others);
    }
    return undefined;
  }

  async leaves({ index, width }: Omit<TileId, 'level'>): Promise<readonly Uint8Array[] | undefined> {
    const bundle = await this.readTile({ level: 'entries', index, width }, MAX_BUNDLE_BYTES);
    return bundle && decodeBundle(bundle);
  }

  /** A partial tile may be gone once there is the full one, of which it is the beginning. */
  private async readTile(tile: TilePath, maxBytes: number): Promise<Buffer | undefined> {
    const read = (path: TilePath) => this.resources.read(`${this.prefix}${tilePath(path)}`, maxBytes);
    const found = await read(tile);
    return found ?? (tile.width < TILE_WIDTH ? await read({ ...tile, width: TILE_WIDTH }) : undefined);
  }
}

/** Which log says to be under a prefix; undefined when none does. */
async function originAt(resources: Resources, prefix: string): Promise<string | undefined> {
  const signed = await resources.read(`${prefix}checkpoint`, MAX_NOTE_BYTES);
  try {
    return signed && readCheckpoint(signed.toString()).origin;
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}
