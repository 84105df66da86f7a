import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { SelectQueryBuilder } from 'typeorm';
import type { Database } from '../database/database.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { isId } from '../ids/ids.js';
import { DigitsField, TextField } from './fields.js';

const MAX_LIMIT = 100;
const MAX_CURSOR = 128;
const EXAMPLE = 'cGF5XzAxajl6dDJmM2tmYThiN2M2ZDVlNGYzZzJo';

/** `?limit=&cursor=` of every list. */
export class PageQuery {
  @DigitsField({
    minimum: 1,
    maximum: MAX_LIMIT,
    optional: true,
    standard: 20,
    description: 'How many items to return at most.',
    example: 20,
  })
  readonly limit: number = 20;

  @TextField({
    maxLength: MAX_CURSOR,
    optional: true,
    description: 'The nextCursor of the page before; absent for the first page.',
    example: EXAMPLE,
  })
  readonly cursor?: string;
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: Item[];
  /** Give it as `cursor` to read on; null on the last page. */
  readonly nextCursor: string | null;
}

export interface PageOptions {
  /** The alias of the entity in the query. */
  readonly alias: string;
  readonly query: Pick<PageQuery, 'limit' | 'cursor'>;
  /** Newest first (`DESC`, the default) or oldest first. */
  readonly order?: 'ASC' | 'DESC';
}

/**
 * One page by keyset: ids are time-ordered, so the last id seen is all that a cursor needs to hold, and rows that come
 * or go in between neither repeat nor hide others. Throws `kernel.validation_failed` for a cursor that we did not make.
 */
export async function paginate<Entity extends { readonly id: string }>(
  queryBuilder: SelectQueryBuilder<Entity>,
  { alias, query, order = 'DESC' }: PageOptions,
): Promise<Page<Entity>> {
  if (query.cursor !== undefined) {
    queryBuilder.andWhere(`${alias}.id ${order === 'DESC' ? '<' : '>'} :stewardCursor`, {
      stewardCursor: decodeCursor(query.cursor),
    });
  }
  const rows = await queryBuilder
    .orderBy(`${alias}.id`, order)
    .take(query.limit + 1)
    .getMany();
  return pageOf(rows, query.limit);
}

/** {@link paginate} for hot paths: the newest entities with these values, without a query builder. */
export async function selectPage<Entity extends { readonly id: string }>(
  database: Database,
  entity: new () => Entity,
  where: Partial<Entity>,
  { limit, cursor }: PageOptions['query'],
): Promise<Page<Entity>> {
  const after = cursor === undefined ? '' : 'AND id < ?';
  const rows = await database.select(
    entity,
    where,
    `${after} ORDER BY id DESC LIMIT ${limit + 1}`,
    cursor === undefined ? [] : [decodeCursor(cursor)],
  );
  return pageOf(rows, limit);
}

/** `rows` holds one more than `limit` when there is a next page. */
function pageOf<Entity extends { readonly id: string }>(rows: Entity[], limit: number): Page<Entity> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null };
}

export const encodeCursor = (id: string): string => Buffer.from(id, 'utf8').toString('base64url');

/** The id in a cursor. Throws `kernel.validation_failed` for one that we did not make. */
export function decodeCursor(cursor: string): string {
  const id = cursor.length <= MAX_CURSOR ? Buffer.from(cursor, 'base64url').toString('utf8') : '';
  if (isId(id) && encodeCursor(id) === cursor) return id;
  throw kernelErrors.problem('kernel.validation_failed', {
    errors: [
      { pointer: '/cursor', detail: 'cursor must be the nextCursor of an earlier page (in the query)' },
    ],
  });
}

/** The response class of a page of `Item`, named after it: `PaymentResponse` gives `PaymentPage`. */
export function PageOf<Item extends object>(item: Type<Item>): Type<Page<Item>> {
  class ItemPage implements Page<Item> {
    @ApiProperty({ type: [item], description: 'The items of this page.' })
    readonly items: Item[];

    @ApiProperty({
      type: 'string',
      nullable: true,
      example: EXAMPLE,
      description: 'Give it as cursor to read on; null on the last page.',
    })
    readonly nextCursor: string | null;
  }
  Object.defineProperty(ItemPage, 'name', { value: `${item.name.replace(/(Response|Dto)$/, '')}Page` });
  return ItemPage;
}
