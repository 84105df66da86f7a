import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import { AuditLog } from '../entities/audit-log.entity.js';
import { type HashReader, tileHashReader } from './tree/hash-reader.js';
import { partialTiles, type TileId } from './tree/tile.js';

interface TileRow {
  readonly level: unknown;
  readonly tileIndex: unknown;
  readonly hashes: Buffer;
}

/** A tile that the log must have is not in the database. */
export class MissingTile extends Error {
  override readonly name = 'MissingTile';
}

/** Reads the logs and their tiles. */
@Injectable()
export class LogStore {
  constructor(private readonly database: Database) {}

  /** The log that grows; undefined before the first entry was sequenced. */
  async current(): Promise<AuditLog | undefined> {
    const [log] = await this.database.select(AuditLog, {}, 'ORDER BY number DESC LIMIT 1');
    return log;
  }

  /** The log of this number. */
  async log(number: number): Promise<AuditLog | undefined> {
    const [log] = await this.database.select(AuditLog, { number });
    return log;
  }

  /** The hashes of these tiles, in their order, in one query; a partial tile may come with more than it was asked for. */
  async tiles(logNumber: number, ids: readonly TileId[]): Promise<Buffer[]> {
    if (ids.length === 0) return [];
    const rows = await this.database.query<TileRow>(
      `SELECT level, tile_index AS tileIndex, hashes FROM audit_log_tile
       WHERE log_number = ? AND (${ids.map(() => '(level = ? AND tile_index = ?)').join(' OR ')})`,
      [logNumber, ...ids.flatMap(({ level, index }) => [level, index])],
    );
    const found = new Map(rows.map((row) => [`${Number(row.level)}/${Number(row.tileIndex)}`, row.hashes]));
    return ids.map(({ level, index }) => {
      const hashes = found.get(`${level}/${index}`);
      if (!hashes) throw new MissingTile(`Log ${logNumber} has no tile ${index} of level ${level}`);
      return hashes;
    });
  }

  /** The right-most tiles of the tree of `size` leaves, from level 0 upwards. */
  edge(logNumber: number, size: number): Promise<Buffer[]> {
    return this.tiles(logNumber, partialTiles(size));
  }

  /** Reads the hashes of the tree of `size` leaves. */
  reader(logNumber: number, size: number): HashReader {
    return tileHashReader(size, (ids) => this.tiles(logNumber, ids));
  }
}
