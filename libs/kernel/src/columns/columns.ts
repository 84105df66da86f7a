import { applyDecorators } from '@nestjs/common';
import { Column, PrimaryColumn } from 'typeorm';
import { NotPersonal } from '../classification/marks.js';

interface ColumnShape {
  readonly nullable?: boolean;
  readonly name?: string;
}

const ID = { type: 'varchar', length: 40 } as const;
const shape = ({ nullable = false, name }: ColumnShape) => ({ nullable, ...(name ? { name } : {}) });

/** The primary key: an id from `newId`. */
export const IdColumn = () => applyDecorators(PrimaryColumn(ID), NotPersonal());

/** The id of something else, in this room or another. */
export const RefColumn = (options: ColumnShape = {}) =>
  applyDecorators(Column({ ...ID, ...shape(options) }), NotPersonal());

/** An instant in UTC, DATETIME(6); a JavaScript Date. */
export const InstantColumn = (options: ColumnShape = {}) =>
  applyDecorators(Column({ type: 'datetime', precision: 6, ...shape(options) }), NotPersonal());

/** An amount in minor units; a bigint in JavaScript. */
export const AmountColumn = (options: ColumnShape = {}) =>
  applyDecorators(
    Column({
      type: 'bigint',
      ...shape(options),
      transformer: {
        to: (value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
        from: (value: string | number | null) => (value === null ? null : BigInt(value)),
      },
    }),
    NotPersonal(),
  );

/** A count, or another whole number within 2^53; a number in JavaScript (drivers hand out text). */
export const IntegerColumn = (options: ColumnShape = {}) =>
  applyDecorators(
    Column({
      type: 'bigint',
      ...shape(options),
      transformer: {
        to: (value: unknown) => value,
        from: (value: string | number | null) => (value === null ? null : Number(value)),
      },
    }),
    NotPersonal(),
  );

/** An ISO 4217 code. */
export const CurrencyColumn = (options: ColumnShape = {}) =>
  applyDecorators(Column({ type: 'varchar', length: 3, ...shape(options) }), NotPersonal());

/** A short ASCII code from a closed set, such as a status. */
export const CodeColumn = (options: ColumnShape & { length?: number } = {}) =>
  applyDecorators(
    Column({ type: 'varchar', length: options.length ?? 40, ...shape(options) }),
    NotPersonal(),
  );

/** A JSON document kept as text; it needs a mark of its own. */
export const JsonColumn = (options: ColumnShape = {}) =>
  Column({
    type: 'text',
    ...shape(options),
    transformer: {
      to: (value: unknown) => (value === undefined || value === null ? value : JSON.stringify(value)),
      from: (value: string | null) => (value === null ? null : (JSON.parse(value) as unknown)),
    },
  });
