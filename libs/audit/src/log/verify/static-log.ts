import { decodeBundle } from '../leaf/bundle.js';
import { MAX_LEAF_BYTES } from '../leaf/leaf.js';
import { MAX_NOTE_BYTES } from '../note/note.js';
import { TILE_BYTES, TILE_WIDTH, type TileId, type TilePath, tilePath } from '../tree/tile.js';
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

/** A log in the static layout of C2SP tlog-tiles, with its verifier keys beside it under `key`. */
export class StaticLog implements LogSource {
  constructor(private readonly resources: Resources) {}

  get name(): string {
    return this.resources.name;
  }

  get readAhead(): number {
    return this.resources.readAhead;
  }

  async key(): Promise<string | undefined> {
    return (await this.resources.read('key', MAX_NOTE_BYTES))?.toString();
  }

  checkpoint(): Promise<Buffer | undefined> {
    return this.resources.read('checkpoint', MAX_NOTE_BYTES);
  }

  tile(tile: TileId): Promise<Buffer | undefined> {
    return this.readTile(tile, TILE_BYTES);
  }

  async leaves({ index, width }: Omit<TileId, 'level'>): Promise<readonly Uint8Array[] | undefined> {
    const bundle = await this.readTile({ level: 'entries', index, width }, MAX_BUNDLE_BYTES);
    return bundle && decodeBundle(bundle);
  }

  /** A partial tile may be gone once there is the full one, of which it is the beginning. */
  private async readTile(tile: TilePath, maxBytes: number): Promise<Buffer | undefined> {
    const read = (path: TilePath) => this.resources.read(tilePath(path), maxBytes);
    const found = await read(tile);
    return found ?? (tile.width < TILE_WIDTH ? await read({ ...tile, width: TILE_WIDTH }) : undefined);
  }
}
