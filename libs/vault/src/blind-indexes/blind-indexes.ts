import { createHmac } from 'node:crypto';
import { Injectable, type Type } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Database, InjectRepository, UnitOfWork } from '#kernel';
import { PersonalDataCatalogue, type CatalogueEntry } from '../catalogue/personal-data-catalogue.js';
import { binding } from '../crypto/binding.js';
import { Keyring } from '../keyring/keyring.js';
import type { SealedField } from '../sealed-fields.js';
import { vaultErrors } from '../vault.errors.js';
import { BlindIndex } from './blind-index.entity.js';
import { normaliserNamed } from './normalisers.js';

/** Finds rows by a sealed value, and keeps such values unique, without decrypting anything. */
@Injectable()
export class BlindIndexes {
  constructor(
    @InjectRepository(BlindIndex) private readonly indexes: Repository<BlindIndex>,
    private readonly units: UnitOfWork,
    private readonly database: Database,
    private readonly catalogue: PersonalDataCatalogue,
    private readonly keyring: Keyring,
  ) {}

  /**
   * Indexes the value of a sealed property in the open unit, in place of the row's former value.
   * Throws `vault.blind_index_taken` when another row holds the same value.
   */
  async put<E extends object>(row: E, property: SealedField<E>, value: string): Promise<void> {
    this.assertInUnit();
    const entry = this.catalogue.entryOf(row.constructor, property);
    const place = this.catalogue.placeOf(entry, row);
    await this.indexes.delete({ columnId: entry.id, rowId: place.rowId });
    const rows = this.digestsOf(entry, value).map((digest) => ({
      ...digest,
      columnId: entry.id,
      rowId: place.rowId,
      subjectId: place.subject,
      retention: entry.retention,
    }));
    try {
      await this.indexes.insert(rows);
    } catch (error) {
      if (!this.database.dialect.isUniqueViolation(error)) throw error;
      throw vaultErrors.problem('vault.blind_index_taken', { cause: error });
    }
  }

  /** Removes a row's value from the index, in the open unit. */
  async remove<E extends object>(row: E, property: SealedField<E>): Promise<void> {
    this.assertInUnit();
    const entry = this.catalogue.entryOf(row.constructor, property);
    const { rowId } = this.catalogue.placeOf(entry, row);
    await this.indexes.delete({ columnId: entry.id, rowId });
  }

  /** The id of the row that holds this value, in whatever spelling. */
  async find<E extends object>(
    entity: Type<E>,
    property: SealedField<E>,
    value: string,
  ): Promise<string | undefined> {
    const entry = this.catalogue.entryOf(entity, property);
    const digests = this.digestsOf(entry, value);
    const either = digests.map(() => '(key_version = ? AND digest = ?)').join(' OR ');
    // An aggregate gives one row in any case: a value that is known must not take longer than one that is not.
    const [found] = await this.database.lookUp<{ id: string | null }>(
      `SELECT MAX(row_id) AS id FROM blind_index WHERE column_id = ? AND (${either})`,
      [entry.id, ...digests.flatMap(({ keyVersion, digest }) => [keyVersion, digest])],
    );
    return found?.id ?? undefined;
  }

  /** Removes all digests of a person's values of one retention class, in the open unit. */
  async clear(subject: string, retention: string): Promise<void> {
    this.assertInUnit();
    await this.indexes.delete({ subjectId: subject, retention });
  }

  /** The digest under each key version of the ring: one, or two while keys turn. */
  private digestsOf(entry: CatalogueEntry, value: string): { keyVersion: number; digest: string }[] {
    const normalise = entry.blindIndex === undefined ? undefined : normaliserNamed(entry.blindIndex);
    if (!normalise) throw new Error(`${entry.entityName}.${entry.property} declares no blind index.`);
    const data = binding('steward.blind-index.v1', entry.id, normalise(value));
    return this.keyring.blindIndexKeys().map(({ version, key }) => ({
      keyVersion: version,
      digest: createHmac('sha256', key).update(data).digest('hex'),
    }));
  }

  private assertInUnit(): void {
    if (!this.units.current) throw new Error('Blind indexes are written inside a unit of work.');
  }
}
