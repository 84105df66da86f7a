import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { In, IsNull, type Repository } from 'typeorm';
import { Clock, InjectConfig, InjectRepository, UnitOfWork, kernelConfig, type ConfigOf } from '#kernel';
import { keyBinding } from '../crypto/binding.js';
import { openEnvelope, sealEnvelope } from '../crypto/envelope.js';
import { Keyring } from '../keyring/keyring.js';
import { vaultConfig } from '../vault.config.js';
import { KeyCache, nameOf, type KeyRef, type KeyState } from './key-cache.js';
import { SubjectKey } from './subject-key.entity.js';

const KEY_BYTES = 32;
const AT_HAND = Promise.resolve();
// Stays below the number of parameters that SQLite takes in one statement (32,766).
const SUBJECTS_PER_QUERY = 10_000;

/** One data key per person and retention class: minted on first use, read in batches, destroyed once and for all. */
@Injectable()
export class SubjectKeys {
  private readonly cache: KeyCache;
  /** After this long no instance holds, or works with, a key that has been destroyed. */
  readonly maxUseAfterDestructionMs: number;

  constructor(
    @InjectRepository(SubjectKey) private readonly keys: Repository<SubjectKey>,
    private readonly units: UnitOfWork,
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    @InjectConfig(vaultConfig) config: ConfigOf<typeof vaultConfig>,
    @InjectConfig(kernelConfig) kernel: ConfigOf<typeof kernelConfig>,
  ) {
    const graceMs = kernel.unitTimeoutMs;
    this.cache = new KeyCache({ size: config.keyCacheSize, lifeMs: config.keyCacheMs, graceMs });
    this.maxUseAfterDestructionMs = config.keyCacheMs + graceMs + kernel.unitTimeoutMs;
  }

  /** The key as this process knows it, without asking the database. */
  known(ref: KeyRef): KeyState | undefined {
    return this.cache.usable(ref);
  }

  /** Reads keys, in one query for all that are not cached. A person who never had a key is absent. */
  async read(refs: readonly KeyRef[]): Promise<Map<string, KeyState>> {
    const found = new Map<string, KeyState>();
    const missing = new Map<string, KeyRef>();
    for (const ref of refs) {
      const state = this.cache.fresh(ref);
      if (state) found.set(nameOf(ref), state);
      else missing.set(nameOf(ref), ref);
    }
    const readAt = this.cache.now();
    for (const row of await this.rowsOf([...missing.values()])) {
      const ref = { subject: row.subjectId, retention: row.retention };
      const state = this.stateOf(row);
      this.cache.set(ref, state, readAt);
      found.set(nameOf(ref), state);
    }
    return found;
  }

  /** Reads keys and mints those that never existed. Never mints one anew that was destroyed. Not inside a unit. */
  prepare(refs: readonly KeyRef[]): Promise<void> {
    return refs.every((ref) => this.cache.fresh(ref)) ? AT_HAND : this.fetch(refs);
  }

  private async fetch(refs: readonly KeyRef[]): Promise<void> {
    const found = await this.read(refs);
    const missing = new Map(refs.filter((ref) => !found.has(nameOf(ref))).map((ref) => [nameOf(ref), ref]));
    if (missing.size === 0) return;
    await this.mint([...missing.values()]);
    // Another instance may have minted, or erased, at the same moment: what counts is what the table now says.
    const minted = await this.read([...missing.values()]);
    const lost = [...missing.keys()].filter((name) => !minted.has(name));
    if (lost.length > 0) throw new Error(`${lost.length} subject key(s) could not be minted.`);
  }

  /**
   * Destroys a key inside the open unit and puts up the fence, whether or not there ever was a key.
   * Gives the instant of the destruction, which a repetition does not change, and whether it happened now.
   */
  async destroy(ref: KeyRef): Promise<{ destroyedAt: Date; isNew: boolean }> {
    const now = this.clock.now();
    const at = { subjectId: ref.subject, retention: ref.retention };
    const known = await this.keys.findOneBy(at);
    if (known?.destroyedAt) return { destroyedAt: known.destroyedAt, isNew: false };
    // Inserting first takes the row's place even when there is none, so no mint can slip in between.
    const fence = { ...at, epoch: 0, wrappedKey: null, createdAt: now, destroyedAt: now };
    await this.keys.createQueryBuilder().insert().values(fence).orIgnore().updateEntity(false).execute();
    await this.keys.update({ ...at, destroyedAt: IsNull() }, { wrappedKey: null, destroyedAt: now });
    const { destroyedAt } = await this.keys.findOneByOrFail(at);
    return { destroyedAt: destroyedAt ?? now, isNew: true };
  }

  /** Forgets a destroyed key in this process; others do when their cached copy runs out. */
  forget(ref: KeyRef): void {
    this.cache.destroy(ref);
  }

  private async mint(refs: readonly KeyRef[]): Promise<void> {
    const now = this.clock.now();
    const rows = refs.map((ref) => this.newRow(ref, now)).sort(byPrimaryKey);
    await this.units.run({ action: 'vault.mint_keys', recorded: false }, async (unit) => {
      const insert = unit.manager.createQueryBuilder().insert().into(SubjectKey).values(rows);
      await insert.orIgnore().updateEntity(false).execute();
    });
  }

  private newRow({ subject, retention }: KeyRef, createdAt: Date): SubjectKey {
    const { epoch, key } = this.keyring.currentEpoch;
    const wrapped = sealEnvelope(key, randomBytes(KEY_BYTES), keyBinding(subject, retention, epoch));
    return Object.assign(new SubjectKey(), {
      subjectId: subject,
      retention,
      epoch,
      wrappedKey: wrapped.toString('base64url'),
      createdAt,
      destroyedAt: null,
    });
  }

  private stateOf(row: SubjectKey): KeyState {
    if (row.wrappedKey === null) return { destroyed: true };
    return { key: this.unwrap(row, row.wrappedKey) };
  }

  private unwrap(row: SubjectKey, wrappedKey: string): KeyObject {
    const epoch = Number(row.epoch);
    const binding = keyBinding(row.subjectId, row.retention, epoch);
    const bytes = openEnvelope(this.keyring.epoch(epoch).key, Buffer.from(wrappedKey, 'base64url'), binding);
    return createSecretKey(bytes);
  }

  private async rowsOf(refs: readonly KeyRef[]): Promise<SubjectKey[]> {
    const rows: SubjectKey[] = [];
    for (let start = 0; start < refs.length; start += SUBJECTS_PER_QUERY) {
      const subjects = new Map<string, string[]>();
      for (const { subject, retention } of refs.slice(start, start + SUBJECTS_PER_QUERY)) {
        const list = subjects.get(retention);
        if (list) list.push(subject);
        else subjects.set(retention, [subject]);
      }
      const where = [...subjects].map(([retention, list]) => ({ retention, subjectId: In(list) }));
      rows.push(...(await this.keys.find({ where })));
    }
    return rows;
  }
}

function byPrimaryKey(left: SubjectKey, right: SubjectKey): number {
  const leftName = `${left.subjectId}/${left.retention}`;
  const rightName = `${right.subjectId}/${right.retention}`;
  return leftName < rightName ? -1 : leftName > rightName ? 1 : 0;
}
