import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RequestContext, Sealed } from '#kernel';
import { PersonalDataCatalogue } from './catalogue/personal-data-catalogue.js';
import { valueBinding, type ValuePlace } from './crypto/binding.js';
import { openEnvelope } from './crypto/envelope.js';
import { RevealPorts } from './reveal-ports.js';
import type { Revealed, SealedField } from './sealed-fields.js';
import { nameOf, type KeyRef, type KeyState } from './subject-keys/key-cache.js';
import { SubjectKeys } from './subject-keys/subject-keys.js';

/** A sealed value: a field of a row, or of an image of what the row was. */
export interface SealedValue {
  /** Of a registered entity, with its primary key and the subject of the field. */
  readonly row: object;
  readonly field: string;
}

/** What became of a sealed value. `broken` is what is no envelope of this field, row and subject, and what has no key. */
export type OpenedValue =
  | { readonly state: 'open'; readonly value: unknown }
  | { readonly state: 'erased' }
  | { readonly state: 'broken'; readonly error: unknown };

/** A sealed value on its way to plaintext. */
interface Envelope {
  readonly bytes: Buffer;
  readonly place: ValuePlace;
  readonly key: KeyRef;
  readonly keyName: string;
}

/** Opens sealed values: checks the purpose, and has the reveal on the record before plaintext is handed out. */
@Injectable()
export class Reveals {
  constructor(
    private readonly catalogue: PersonalDataCatalogue,
    private readonly keys: SubjectKeys,
    private readonly ports: RevealPorts,
    private readonly context: RequestContext,
  ) {}

  /** The named fields of each row; null stands for nothing stored and for erased. Throws when one is broken. */
  async rows<E extends object, F extends SealedField<E>>(
    rows: readonly E[],
    fields: readonly F[],
    purpose: string,
  ): Promise<Revealed<E, F>[]> {
    const plain = rows.map((): Record<string, unknown> =>
      Object.fromEntries(fields.map((field) => [field, null])),
    );
    const found = rows.flatMap((row, index) =>
      fields.flatMap((field) => {
        const envelope = this.envelopeOf({ row, field });
        return envelope ? [{ envelope, target: plain[index], field }] : [];
      }),
    );
    const envelopes = found.map(({ envelope }) => envelope);
    const opened = await this.open(envelopes, purpose);
    for (const [index, { target, field }] of found.entries()) {
      const outcome = opened[index];
      if (outcome?.state === 'broken') throw outcome.error;
      if (target && outcome?.state === 'open') target[field] = outcome.value;
    }
    await this.record(purpose, envelopes, opened);
    return plain as Revealed<E, F>[];
  }

  /** Single values of rows of any kinds, in one reveal. A broken one does not keep the others shut. */
  async values(values: readonly SealedValue[], purpose: string): Promise<OpenedValue[]> {
    const found = values.map((value): Envelope | OpenedValue => {
      try {
        return this.envelopeOf(value) ?? { state: 'open', value: null };
      } catch (error) {
        return { state: 'broken', error };
      }
    });
    const envelopes = found.filter((each) => 'place' in each);
    const opened = await this.open(envelopes, purpose);
    await this.record(purpose, envelopes, opened);
    const byEnvelope = new Map<unknown, OpenedValue>(
      envelopes.map((envelope, index) => [envelope, opened[index] ?? BROKEN]),
    );
    return found.map((each) => ('place' in each ? (byEnvelope.get(each) ?? BROKEN) : each));
  }

  /** Undefined for a field that is null. Throws when the row does not say where the value belongs. */
  private envelopeOf({ row, field }: SealedValue): Envelope | undefined {
    const entry = this.catalogue.entryOf(row.constructor, field);
    const value: unknown = Reflect.get(row, field);
    if (value === null) return undefined;
    if (!(value instanceof Sealed))
      throw new Error(`${entry.entityName}.${field} was not loaded or not sealed.`);
    const place = this.catalogue.placeOf(entry, row);
    const key = { subject: place.subject, retention: entry.retention };
    return { bytes: value.bytes, place, key, keyName: nameOf(key) };
  }

  /** In the order of the envelopes. */
  private async open(envelopes: readonly Envelope[], purpose: string): Promise<OpenedValue[]> {
    const subjects = [...new Set(envelopes.map(({ place }) => place.subject))];
    await this.ports.policy.check(purpose, subjects);
    const refs = new Map(envelopes.map(({ key, keyName }) => [keyName, key]));
    const keys = await this.keys.read([...refs.values()]);
    return envelopes.map((envelope) => {
      try {
        const state = stateOf(envelope, keys);
        return 'destroyed' in state
          ? { state: 'erased' }
          : { state: 'open', value: plaintextOf(envelope, state) };
      } catch (error) {
        return { state: 'broken', error };
      }
    });
  }

  private async record(
    purpose: string,
    envelopes: readonly Envelope[],
    opened: readonly OpenedValue[],
  ): Promise<void> {
    const reader = this.context.get()?.principal?.id;
    const foreign = envelopes.filter(
      ({ place }, index) => opened[index]?.state === 'open' && place.subject !== reader,
    );
    if (foreign.length === 0) return;
    await this.ports.recorder.recordReveal({
      purpose,
      subjects: [...new Set(foreign.map(({ place }) => place.subject))],
      fields: [...new Set(foreign.map(({ place }) => place.annotation))],
    });
  }
}

const BROKEN: OpenedValue = { state: 'broken', error: undefined };

function stateOf({ keyName, place }: Envelope, keys: ReadonlyMap<string, KeyState>): KeyState {
  const state = keys.get(keyName);
  if (!state)
    throw new Error(
      `The key under a value of ${place.annotation} is missing; was data restored without its keys?`,
    );
  return state;
}

function plaintextOf({ bytes, place }: Envelope, { key }: { readonly key: KeyObject }): unknown {
  return JSON.parse(openEnvelope(key, bytes, valueBinding(place)).toString('utf8')) as unknown;
}
