import { applyDecorators } from '@nestjs/common';
import { Column } from 'typeorm';
import { Sealed } from './sealed.js';

/** How long a person's data may outlive the account; each class has a key of its own per person. */
export type RetentionClass = 'account' | 'accounting' | 'security';

/** What a personal column declares, once, for encryption, export, erasure, retention and the register. */
export interface PersonalDataOptions {
  /** Stable id of the column, such as `users.email`; bound into every ciphertext, so it never changes. */
  readonly id: string;
  /** The property of the same row that holds the data subject's id. */
  readonly subject: string;
  readonly retention: RetentionClass;
  /** What it is, in the words of the export and the Article 30 register. */
  readonly label: string;
  /**
   * The id of another column, when values are sealed as if they stood there: in a row with the same primary key and
   * subject, so that they move there unopened.
   */
  readonly sealedAs?: string;
  /** Name of the normaliser, when the column can be searched by equality. */
  readonly blindIndex?: string;
}

export type Mark = 'personal' | 'secret' | 'not-personal';

export interface ColumnClassification {
  readonly property: string;
  readonly mark: Mark;
  readonly personal?: PersonalDataOptions;
}

const marks = new WeakMap<object, Map<string, ColumnClassification>>();

function mark(classification: Omit<ColumnClassification, 'property'>): PropertyDecorator {
  return (target, property) => {
    const own = marks.get(target.constructor) ?? new Map<string, ColumnClassification>();
    if (own.has(String(property))) {
      throw new Error(`${target.constructor.name}.${String(property)} carries two classification marks`);
    }
    own.set(String(property), { property: String(property), ...classification });
    marks.set(target.constructor, own);
  };
}

/** The column holds nothing about a person beyond pseudonymous ids. */
export const NotPersonal = (): PropertyDecorator => mark({ mark: 'not-personal' });

/** The column holds a credential or key material: never exported, logged, or captured. */
export const Secret = (): PropertyDecorator => mark({ mark: 'secret' });

/** Declares the column itself: a sealed personal value. The property's type is `Sealed<T>` (or null when nullable). */
export const PersonalData = (options: PersonalDataOptions & { nullable?: boolean; name?: string }) => {
  const { nullable, name, ...personal } = options;
  return applyDecorators(
    Column({
      type: 'blob',
      ...(name ? { name } : {}),
      nullable: nullable ?? false,
      transformer: {
        to: (value: Sealed<unknown> | null | undefined) => (value instanceof Sealed ? value.bytes : value),
        from: (bytes: Buffer | null) => (bytes === null ? null : new Sealed(Buffer.from(bytes))),
      },
    }),
    mark({ mark: 'personal', personal }),
  );
};

/** The marks of an entity's columns, its own and inherited ones. */
export function classificationOf(entity: object): ColumnClassification[] {
  const found = new Map<string, ColumnClassification>();
  for (let type: object | null = entity; type; type = Object.getPrototypeOf(type) as object | null) {
    for (const [property, value] of marks.get(type) ?? []) {
      if (!found.has(property)) found.set(property, value);
    }
  }
  return [...found.values()];
}
