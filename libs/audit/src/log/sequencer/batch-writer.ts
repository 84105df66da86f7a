import { Injectable } from '@nestjs/common';
import { Database, type Unit, UnitOfWork } from '#kernel';
import { appendIndex } from '../../query/search-index.js';
import type { Tile } from '../tree/tile.js';
import { LogLease } from './lease.js';
import { sequencerSql } from './sequencer-sql.js';
import { SequencerSteps } from './steps.js';
import type { Batch } from './waiting-entries.js';

/** What a batch makes of a log. */
export interface Growth {
  readonly logNumber: number;
  /** The number of leaves before and after. */
  readonly from: number;
  readonly to: number;
  readonly tiles: readonly Tile[];
  readonly checkpoint: string;
}

/**
 * Writes a batch, all or nothing: places, terms, tiles and the checkpoint go to the database in one round trip, in a
 * transaction that demands that nothing it was computed from has changed.
 */
@Injectable()
export class BatchWriter {
  constructor(
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly lease: LogLease,
    private readonly steps: SequencerSteps,
  ) {}

  /** Throws `MissedUpdate` when the lease is lost, or when the log, an entry or its changes are not what they were. */
  async write(batch: Batch, growth: Growth): Promise<void> {
    await this.units.run({ action: 'audit.sequence', recorded: false, alone: true }, async (unit) => {
      this.lease.renewIn(unit);
      this.placeIn(unit, batch, growth);
      const { logNumber, from, to, tiles, checkpoint } = growth;
      appendIndex(unit, this.database.dialect, { logNumber, from, to }, batch.entries);
      // A partial tile takes the place of its shorter self.
      unit.append(
        `REPLACE INTO audit_log_tile (log_number, level, tile_index, hashes) VALUES ${tiles.map(() => '(?, ?, ?, ?)').join(', ')}`,
        tiles.flatMap(({ level, index, hashes }) => [logNumber, level, index, hashes]),
      );
      unit.append(
        'UPDATE audit_log SET size = ?, checkpoint = ? WHERE number = ? AND size = ?',
        [to, checkpoint, logNumber, from],
        { mustHit: true },
      );
      await this.steps.reached('batch_filled');
    });
    await this.steps.reached('batch_committed');
  }

  private placeIn(unit: Unit, { entries, changes }: Batch, { logNumber, from, to }: Growth): void {
    const places = entries.map(({ id, salt, payloadHash }, index) => [
      id,
      logNumber,
      from + index,
      salt.toString('hex'),
      payloadHash,
    ]);
    unit.append(this.sql.placeEntries, [JSON.stringify(places)], { mustHit: entries.length });
    if (changes > 0) unit.append(this.sql.placeChanges, [logNumber, from, to], { mustHit: changes });
  }

  private get sql() {
    return sequencerSql(this.database.dialect.name);
  }
}
