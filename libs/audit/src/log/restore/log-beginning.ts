import { Injectable, Logger } from '@nestjs/common';
import { Clock, type Unit, UnitOfWork } from '#kernel';
import { LogRestarted } from '../../audit.events.js';
import type { AuditLog } from '../../entities/audit-log.entity.js';
import { firstLeafOf } from '../log-leaves.js';
import { LogKeys } from '../log-keys.js';
import { signCheckpoint } from '../note/checkpoint.js';
import { familyOf, numberOf, originOf } from '../origin.js';
import { GrowingTree } from '../tree/growing-tree.js';
import { hashLeaf } from '../tree/hash.js';
import type { LostEntries } from './lost-entries.js';

/** Adds to the unit what makes sure that nobody else extends the log meanwhile. */
export type Fence = (unit: Unit) => void;

const INSERT =
  'INSERT INTO audit_log (number, origin, size, checkpoint, previous, started_at) VALUES (?, ?, ?, ?, ?, ?)';

/** Begins logs: the first one of a database, and the one that continues a log of which the database has lost entries. */
@Injectable()
export class LogBeginning {
  private readonly logger = new Logger('LogBeginning');

  constructor(
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
    private readonly keys: LogKeys,
  ) {}

  /** The first log, without a leaf. */
  async first(fence: Fence): Promise<void> {
    await this.units.run({ action: 'audit.begin_log', recorded: false }, async (unit) => {
      fence(unit);
      unit.append(INSERT, [1, this.keys.firstOrigin, 0, null, null, this.clock.now()]);
    });
  }

  /**
   * A new log with an origin of its own, whose first leaf is the last checkpoint of the lost one: what that covers was
   * signed and can neither be signed again differently nor be passed over. It leaves an entry, an event and a line in
   * the log file. `current` is the newest log in the database.
   */
  async after(lost: LostEntries, current: AuditLog | undefined, fence: Fence): Promise<AuditLog> {
    const number = Math.max(current?.number ?? 0, numberOf(lost.checkpoint.origin)) + 1;
    const origin = originOf(familyOf(current?.origin ?? lost.checkpoint.origin), number);
    const startedAt = this.clock.now();
    const tree = new GrowingTree();
    const [tile] = tree.append([hashLeaf(firstLeafOf({ startedAt }, lost.note))]);
    const checkpoint = signCheckpoint({ origin, size: 1, root: tree.root() }, this.keys.signers(origin));
    const facts = {
      logNumber: number,
      origin,
      previousOrigin: lost.checkpoint.origin,
      previousSize: lost.checkpoint.size,
      sizeInDatabase: current?.size ?? 0,
      shortfall: lost.shortfall,
    };
    await this.units.run(
      { action: 'audit.begin_log', resource: { type: 'audit_log', id: String(number) } },
      async (unit) => {
        fence(unit);
        // In a cluster what was read may have been behind; then nothing is lost, and the unit fails.
        if (current) {
          unit.append(
            'UPDATE audit_log SET size = size WHERE number = ? AND size = ?',
            [current.number, current.size],
            { mustHit: true },
          );
        }
        unit.append(INSERT, [number, origin, 1, checkpoint, lost.note, startedAt]);
        unit.append(
          'REPLACE INTO audit_log_tile (log_number, level, tile_index, hashes) VALUES (?, 0, 0, ?)',
          [number, tile?.hashes],
        );
        unit.describe({ details: facts });
        unit.publish(new LogRestarted(facts));
      },
    );
    this.logger.error(
      facts,
      'the database has lost entries that a signed checkpoint covers, as after a restore from a backup: a new log begins',
    );
    return { number, origin, size: 1, checkpoint, previous: lost.note, startedAt };
  }
}
