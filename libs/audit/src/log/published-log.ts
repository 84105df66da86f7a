import { Injectable } from '@nestjs/common';
import { InjectRepository } from '#kernel';
import type { Repository } from 'typeorm';
import { auditErrors } from '../audit.errors.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import type { AuditLog } from '../entities/audit-log.entity.js';
import { encodeBundle } from './leaf/bundle.js';
import { LogKeys } from './log-keys.js';
import { LogLeaves } from './log-leaves.js';
import { LogStore } from './log-store.js';
import { formatTlogProof } from './note/tlog-proof.js';
import { inclusionProof } from './tree/proof.js';
import { TILE_WIDTH, tileWidth, type TilePath } from './tree/tile.js';
import { HASH_BYTES } from './tree/hash.js';
import { Publication } from './witness/publication.js';

/** What a stranger needs to check one entry. */
export interface PublishedProof {
  readonly leaf: Buffer;
  /** In the format of C2SP tlog-proof. */
  readonly proof: string;
}

/** The transparency logs as others see them (C2SP tlog-tiles). */
@Injectable()
export class PublishedLog {
  constructor(
    private readonly store: LogStore,
    private readonly leaves: LogLeaves,
    private readonly keys: LogKeys,
    private readonly publication: Publication,
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
  ) {}

  /** The number of the log that grows. */
  async currentNumber(): Promise<number> {
    return (await this.store.current())?.number ?? 1;
  }

  /** The keys of a log, one vkey a line, the current one first. Throws `audit.log_not_found`. */
  async keyText(logNumber: number): Promise<string> {
    const log = await this.store.log(logNumber);
    if (!log && logNumber !== 1) throw auditErrors.problem('audit.log_not_found');
    const signers = this.keys.signers(log?.origin ?? this.keys.firstOrigin);
    return signers.map(({ vkey }) => `${vkey}\n`).join('');
  }

  /**
   * The newest signed checkpoint of a log; where witnesses are configured, the newest that they had time to cosign, with
   * their cosignatures. Throws `audit.log_empty` and `audit.log_not_found`.
   */
  async checkpoint(logNumber: number): Promise<string> {
    const published = await this.publication.of(logNumber);
    if (published) return published.note;
    const log = await this.store.log(logNumber);
    if (!log && logNumber !== 1) throw auditErrors.problem('audit.log_not_found');
    if (!log || log.checkpoint === null) throw auditErrors.problem('audit.log_empty');
    return log.checkpoint;
  }

  /** A tile of hashes. Throws `audit.tile_not_found`. */
  async tile(logNumber: number, path: TilePath & { readonly level: number }): Promise<Buffer> {
    const log = await this.logWith(logNumber, path);
    const [hashes] = await this.store.tiles(log.number, [path]);
    return (hashes ?? Buffer.alloc(0)).subarray(0, path.width * HASH_BYTES);
  }

  /** The leaf data of a tile of level 0. Throws `audit.tile_not_found`. */
  async bundle(logNumber: number, path: TilePath): Promise<Buffer> {
    const log = await this.logWith(logNumber, path);
    const from = path.index * TILE_WIDTH;
    return encodeBundle(await this.leaves.read(log, from, from + path.width));
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
    const { size, note } = await this.witnessedWith(index, { ...log, checkpoint: log.checkpoint });
    const hashes = await inclusionProof(index, size, this.store.reader(log.number, size));
    const [leaf] = await this.leaves.read(log, index, index + 1);
    if (!leaf) throw new Error(`Leaf ${index} of log ${log.number} is not in the database`);
    return { leaf, proof: formatTlogProof({ index, hashes, checkpoint: note }) };
  }

  /** The published checkpoint, if it covers the leaf: it has the cosignatures. */
  private async witnessedWith(
    index: number,
    { number, size, checkpoint }: AuditLog & { checkpoint: string },
  ) {
    const published = await this.publication.of(number);
    return published && index < published.size ? published : { size, note: checkpoint };
  }

  private async logWith(logNumber: number, { level, index, width }: TilePath): Promise<AuditLog> {
    const log = await this.store.log(logNumber);
    const known = log ? tileWidth(level === 'entries' ? 0 : level, index, log.size) : 0;
    if (!log || known < width) throw auditErrors.problem('audit.tile_not_found');
    return log;
  }
}
