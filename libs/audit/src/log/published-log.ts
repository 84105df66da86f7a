import { Injectable } from '@nestjs/common';
import { Database, InjectRepository } from '#kernel';
import type { Repository } from 'typeorm';
import { auditErrors } from '../audit.errors.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import type { AuditLog } from '../entities/audit-log.entity.js';
import { encodeBundle } from './leaf/bundle.js';
import { leafOf, type LeafEntry, originLeaf } from './leaf/leaf.js';
import { LogKeys } from './log-keys.js';
import { LogStore } from './log-store.js';
import { formatTlogProof } from './note/tlog-proof.js';
import { sequencerSql } from './sequencer/sequencer-sql.js';
import { inclusionProof } from './tree/proof.js';
import { TILE_WIDTH, tileWidth, type TilePath } from './tree/tile.js';
import { HASH_BYTES } from './tree/hash.js';

/** What a stranger needs to check one entry. */
export interface PublishedProof {
  readonly leaf: Buffer;
  /** In the format of C2SP tlog-proof. */
  readonly proof: string;
}

/** The transparency log as others see it (C2SP tlog-tiles). */
@Injectable()
export class PublishedLog {
  constructor(
    private readonly store: LogStore,
    private readonly keys: LogKeys,
    private readonly database: Database,
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
  ) {}

  /** The keys of the growing log, one vkey a line, the current one first. */
  async keyText(): Promise<string> {
    const log = await this.store.current();
    const signers = this.keys.signers(log?.origin ?? this.keys.originOf(1));
    return signers.map(({ vkey }) => `${vkey}\n`).join('');
  }

  /** The newest signed checkpoint. Throws `audit.log_empty`. */
  async checkpoint(): Promise<string> {
    return (await this.grown()).checkpoint;
  }

  /** A tile of hashes. Throws `audit.tile_not_found`. */
  async tile(path: TilePath & { readonly level: number }): Promise<Buffer> {
    const log = await this.logWith(path);
    const [hashes] = await this.store.tiles(log.number, [path]);
    return (hashes ?? Buffer.alloc(0)).subarray(0, path.width * HASH_BYTES);
  }

  /** The leaf data of a tile of level 0. Throws `audit.tile_not_found`. */
  async bundle(path: TilePath): Promise<Buffer> {
    const log = await this.logWith(path);
    const from = path.index * TILE_WIDTH;
    return encodeBundle(await this.leaves(log, from, from + path.width));
  }

  /**
   * The leaf of an entry and the proof that it is in its log. Throws `audit.entry_not_found`, or `audit.not_sequenced`
   * as long as it waits for its place.
   */
  async proofOf(entryId: string): Promise<PublishedProof> {
    const entry = await this.entries.findOneBy({ id: entryId });
    if (!entry) throw auditErrors.problem('audit.entry_not_found');
    const { leafIndex: index, logNumber } = entry;
    const log = logNumber === null ? undefined : await this.store.log(logNumber);
    if (index === null || !log || log.checkpoint === null) {
      throw auditErrors.problem('audit.not_sequenced', { headers: { 'retry-after': '1' } });
    }
    const hashes = await inclusionProof(index, log.size, this.store.reader(log.number, log.size));
    const [leaf] = await this.leaves(log, index, index + 1);
    if (!leaf) throw new Error(`Leaf ${index} of log ${log.number} is not in the database`);
    return { leaf, proof: formatTlogProof({ index, hashes, checkpoint: log.checkpoint }) };
  }

  private async grown(): Promise<AuditLog & { readonly checkpoint: string }> {
    const log = await this.store.current();
    if (!log || log.checkpoint === null) throw auditErrors.problem('audit.log_empty');
    return { ...log, checkpoint: log.checkpoint };
  }

  private async logWith({ level, index, width }: TilePath): Promise<AuditLog> {
    const log = await this.store.current();
    const known = log ? tileWidth(level === 'entries' ? 0 : level, index, log.size) : 0;
    if (!log || known < width) throw auditErrors.problem('audit.tile_not_found');
    return log;
  }

  /** The leaf data of a log's leaves from `from` up to, not including, `to`. */
  private async leaves(
    { number, previous, startedAt }: AuditLog,
    from: number,
    to: number,
  ): Promise<Buffer[]> {
    const { instant } = sequencerSql(this.database.dialect.name);
    const rows = await this.database.query<LeafEntry>(
      `SELECT id, ${instant('occurred_at')} AS occurredAt, action, outcome, actor_kind AS actorKind, actor_id AS actorId,
         resource_type AS resourceType, resource_id AS resourceId, payload_hash AS payloadHash
       FROM audit_entry WHERE log_number = ? AND leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index`,
      [number, from, to],
    );
    const first =
      previous !== null && from === 0 ? [originLeaf({ previous, startedAt: startedAt.toISOString() })] : [];
    return [...first, ...rows.map(leafOf)];
  }
}
