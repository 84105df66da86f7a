import type { AuditLog } from '../../../entities/audit-log.entity.js';
import { leafOf, originLeaf } from '../../leaf/leaf.js';
import type { TileId } from '../../tree/tile.js';
import { HASH_BYTES } from '../../tree/hash.js';
import { publishedIn } from '../../witness/publication.js';
import type { LogSource } from '../log-source.js';
import { placedEntries, type RecordAt } from './record-rows.js';

const TILES_AT_A_TIME = 32;

/** A log as the database has it. */
export type StoredLog = Pick<AuditLog, 'number' | 'origin' | 'size' | 'checkpoint' | 'previous'> & {
  /** When it began, as text. */
  readonly startedAt: string;
};

/** A log in the database as a source like any other: its checkpoint, tiles, and leaf data made from the rows. */
export class DatabaseLog implements LogSource {
  readonly readAhead = 8;
  /** Tiles beside the one that was read last: most are read in their order. */
  private tiles: { level: number; first: number; hashes: Promise<ReadonlyMap<number, Buffer>> } | undefined;

  constructor(
    private readonly record: RecordAt,
    readonly log: StoredLog,
    readonly vkeys: readonly string[],
    /** All logs of the database. */
    protected readonly logs: readonly DatabaseLog[],
  ) {}

  async former(number: number): Promise<DatabaseLog | undefined> {
    return this.logs.find(({ log }) => log.number === number);
  }

  get name(): string {
    return `log ${this.log.number} of the database`;
  }

  async key(): Promise<string> {
    return this.vkeys.map((vkey) => `${vkey}\n`).join('');
  }

  async checkpoint(): Promise<Buffer | undefined> {
    return this.log.checkpoint === null ? undefined : Buffer.from(this.log.checkpoint);
  }

  async served(): Promise<string | undefined> {
    return (await publishedIn(this.record.query, this.log.number))?.note;
  }

  async tile({ level, index, width }: TileId): Promise<Buffer | undefined> {
    const first = index - (index % TILES_AT_A_TIME);
    if (this.tiles?.level !== level || this.tiles.first !== first)
      this.tiles = { level, first, hashes: this.readTiles(level, first) };
    return (await this.tiles.hashes).get(index)?.subarray(0, Math.max(width * HASH_BYTES, 0));
  }

  private async readTiles(level: number, first: number): Promise<ReadonlyMap<number, Buffer>> {
    const rows = await this.record.query<{ place: unknown; hashes: Buffer }>(
      `SELECT tile_index AS place, hashes FROM audit_log_tile
       WHERE log_number = ? AND level = ? AND tile_index >= ? AND tile_index < ?`,
      [this.log.number, level, first, first + TILES_AT_A_TIME],
    );
    return new Map(rows.map(({ place, hashes }) => [Number(place), hashes]));
  }

  async leaves({ index, width }: Omit<TileId, 'level'>): Promise<readonly Uint8Array[] | undefined> {
    const start = index * 256;
    const first = start === 0 ? this.firstLeaf() : [];
    const next = await placedEntries(this.record, this.log.number, start, width).next();
    const page = next.done === true ? [] : next.value;
    const leaves = [...first, ...page.map(leafOf)].slice(0, width);
    const isWhole = page.every(({ leafIndex }, position) => leafIndex === start + first.length + position);
    return isWhole && leaves.length === width ? leaves : undefined;
  }

  /** A log that continues another begins with the other's last checkpoint. */
  firstLeaf(): Buffer[] {
    const { previous, startedAt } = this.log;
    return previous === null ? [] : [originLeaf({ previous, startedAt })];
  }
}
