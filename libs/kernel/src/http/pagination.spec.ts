import { Entity, type MigrationInterface, type QueryRunner, type Repository } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BootedModule, bootTestModule, describeOnEveryDialect } from '#kernel/testing';
import { NotCaptured } from '../classification/capture.js';
import { CodeColumn, IdColumn } from '../columns/columns.js';
import { repositoryToken } from '../database/repositories.js';
import { feature } from '../features/feature.js';
import { newId } from '../ids/ids.js';
import { columns, createTable } from '../migrations/schema.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { paginate } from './pagination.js';

@Entity('toy_note')
@NotCaptured('toy')
class ToyNote {
  @IdColumn() readonly id: string;
  @CodeColumn() readonly kind: string;
}

class CreateToyNote1700000001998 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'toy_note', [columns.id(), columns.code('kind')]);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('toy_note');
  }
}

describeOnEveryDialect('a list', (dialect) => {
  let booted: BootedModule;
  let notes: Repository<ToyNote>;
  const ids = Array.from({ length: 7 }, () => newId('note'));
  const insert = (id: string, kind: string) =>
    booted.get(UnitOfWork).run({ action: 'note.add' }, () => notes.insert({ id, kind }));
  beforeAll(async () => {
    booted = await bootTestModule({
      dialect,
      nullPorts: true,
      imports: [feature({ name: 'notes', entities: [ToyNote], migrations: [CreateToyNote1700000001998] })],
    });
    notes = booted.get<Repository<ToyNote>>(repositoryToken(ToyNote));
    for (const [index, id] of ids.entries()) await insert(id, index === 3 ? 'other' : 'plain');
  });
  afterAll(() => booted.close());

  const read = async (
    order: 'ASC' | 'DESC',
    limit: number,
    between = async (): Promise<unknown> => undefined,
  ) => {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const query = { limit, ...(cursor === undefined ? {} : { cursor }) };
      const builder = notes.createQueryBuilder('note').where('note.kind = :kind', { kind: 'plain' });
      const page = await paginate(builder, { alias: 'note', query, order });
      pages.push(page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      await between();
    } while (cursor !== undefined);
    return pages;
  };
  const plain = ids.filter((_id, index) => index !== 3);

  it('is read in pages, in either order, keeping its own conditions', async () => {
    const newestFirst = plain.toReversed();
    expect(await read('DESC', 4)).toEqual([newestFirst.slice(0, 4), newestFirst.slice(4)]);
    expect(await read('ASC', 3)).toEqual([plain.slice(0, 3), plain.slice(3)]);
    expect(await read('DESC', 6)).toEqual([newestFirst]);
  });

  it('repeats and hides nothing when rows come in between', async () => {
    const pages = await read('DESC', 2, () => insert(newId('note'), 'plain'));
    expect(pages.flat()).toEqual(plain.toReversed());
  });
});
