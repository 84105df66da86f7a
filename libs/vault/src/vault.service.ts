import { Injectable } from '@nestjs/common';
import { Sealed, UnitOfWork } from '#kernel';
import { PersonalDataCatalogue, type CatalogueEntry } from './catalogue/personal-data-catalogue.js';
import { valueBinding } from './crypto/binding.js';
import { sealEnvelope } from './crypto/envelope.js';
import { Erasure, type ErasureReceipt } from './erasure/erasure.js';
import { type OpenedValue, Reveals, type SealedValue } from './reveals.js';
import type { Revealed, RevealedFields, SealedField } from './sealed-fields.js';
import { nameOf } from './subject-keys/key-cache.js';
import { SubjectKeys } from './subject-keys/subject-keys.js';
import { vaultErrors } from './vault.errors.js';

/** The only door between personal data at rest and its plaintext. */
@Injectable()
export class Vault {
  constructor(
    private readonly catalogue: PersonalDataCatalogue,
    private readonly keys: SubjectKeys,
    private readonly erasure: Erasure,
    private readonly reveals: Reveals,
    private readonly units: UnitOfWork,
  ) {}

  /**
   * Fetches the keys of people, minting those that never existed, so that a following unit can seal.
   * Comes before the unit, never inside. Preparing for an erased person succeeds; sealing then refuses.
   */
  prepare(subjects: readonly string[], retention = 'account'): Promise<void> {
    const misuse = this.misuseOf('prepare');
    if (misuse) return Promise.reject(misuse);
    return this.keys.prepare(subjects.map((subject) => ({ subject, retention })));
  }

  /**
   * {@link prepare} of exactly the keys that these values need, then {@link seal}. Comes before the unit
   * that writes the row, never inside.
   */
  async prepareAndSeal<E extends object>(row: E, values: Partial<RevealedFields<E>>): Promise<E> {
    this.assertOutsideUnit('prepareAndSeal');
    const needed = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
    await this.keys.prepare(
      needed.map(([property]) => {
        const entry = this.catalogue.entryOf(row.constructor, property);
        return { subject: this.catalogue.placeOf(entry, row).subject, retention: entry.retention };
      }),
    );
    return this.seal(row, values);
  }

  /** Whether the person's key of this class is known to be destroyed; ask after {@link prepare}. */
  isErased(subject: string, retention = 'account'): boolean {
    const state = this.keys.known({ subject, retention });
    return state !== undefined && 'destroyed' in state;
  }

  /** Those of these subjects who have a key of this class. Mints none. */
  async subjectsWithKey(subjects: readonly string[], retention: string): Promise<string[]> {
    const keys = await this.keys.read(subjects.map((subject) => ({ subject, retention })));
    return subjects.filter((subject) => {
      const state = keys.get(nameOf({ subject, retention }));
      return state !== undefined && !('destroyed' in state);
    });
  }

  /**
   * Seals values into the row's properties; the row needs its id and its subject, and the key its
   * preparation. Values are kept as JSON. Throws `vault.subject_erased` for an erased person.
   */
  seal<E extends object>(row: E, values: Partial<RevealedFields<E>>): E {
    const sealed: [string, Sealed<unknown> | null][] = [];
    for (const [property, value] of Object.entries(values)) {
      if (value === undefined) continue;
      const entry = this.catalogue.entryOf(row.constructor, property);
      sealed.push([property, value === null ? null : this.sealValue(entry, row, value)]);
    }
    for (const [property, value] of sealed) Reflect.set(row, property, value);
    return row;
  }

  /**
   * Opens the named fields of many rows, for a purpose that the policy accepts. A reveal of somebody
   * else's data is on the record before this returns. Null stands for nothing stored and for erased.
   */
  async reveal<E extends object, F extends SealedField<E>>(
    rows: readonly E[],
    fields: readonly F[],
    purpose: string,
  ): Promise<Revealed<E, F>[]> {
    this.assertOutsideUnit('reveal');
    return this.reveals.rows(rows, fields, purpose);
  }

  /**
   * As {@link reveal}, for single fields of rows of any kinds, such as images of what rows were, in one reveal. Says of
   * each what became of it; what cannot be opened does not keep the others shut.
   */
  async revealValues(values: readonly SealedValue[], purpose: string): Promise<OpenedValue[]> {
    this.assertOutsideUnit('revealValues');
    return this.reveals.values(values, purpose);
  }

  /**
   * Destroys a person's key of one retention class in the open unit, puts up the fence against new
   * ones, clears the blind indexes, and sweeps once more when no instance can hold the key any longer.
   */
  async eraseSubject(subject: string, retention: string): Promise<ErasureReceipt> {
    return this.erasure.erase({ subject, retention });
  }

  /**
   * Takes the bytes of a destroyed key out of the database's files, after the erasing unit. The later
   * sweep does it again, so a failure here may be ignored.
   */
  async scrub(): Promise<void> {
    await this.units.scrub();
  }

  private sealValue(entry: CatalogueEntry, row: object, value: unknown): Sealed<unknown> {
    const place = this.catalogue.placeOf(entry, row);
    const state = this.keys.known({ subject: place.subject, retention: entry.retention });
    if (!state) {
      throw new Error(
        `The ${entry.retention} key for ${entry.id} is not at hand. Call vault.prepare([subject], '${entry.retention}') before the unit of work.`,
      );
    }
    if ('destroyed' in state) throw vaultErrors.problem('vault.subject_erased');
    const plaintext = Buffer.from(JSON.stringify(value), 'utf8');
    return new Sealed(sealEnvelope(state.key, plaintext, valueBinding(place)));
  }

  private assertOutsideUnit(call: string): void {
    const misuse = this.misuseOf(call);
    if (misuse) throw misuse;
  }

  private misuseOf(call: string): Error | undefined {
    if (!this.units.current) return undefined;
    return new Error(`vault.${call} was called inside a unit of work; call it before or after the unit.`);
  }
}
