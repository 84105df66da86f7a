import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { WholeUnit } from '../database/dialects/dialect.js';
import { SharedCommits } from './shared-commits.js';

const valuesOf = (name: string): unknown[] => {
  if (name.startsWith('large')) return Array.from({ length: 4_000 });
  return [name.startsWith('long') ? Buffer.alloc(800_000) : 1];
};

const unit = (name: string): WholeUnit => ({
  entryId: name,
  tail: [{ sql: 'INSERT', parameters: valuesOf(name) }],
});

/** A database that refuses a transaction with the unit `wrong`, loses the connection at `lost`, and waits at `slow`. */
function database(maxUnderWay = 1) {
  const transactions: string[][] = [];
  const shared = new SharedCommits(
    async (units) => {
      const names = units.map(({ entryId }) => String(entryId));
      transactions.push(names);
      await delay(names.includes('slow') ? 300 : 1);
      for (const name of ['wrong', 'lost']) if (names.includes(name)) throw new Error(name);
    },
    (error) => !String(error).includes('lost'),
    maxUnderWay,
  );
  return { transactions, commit: (name: string) => shared.commit(unit(name)) };
}

const statuses = async (commits: Promise<void>[]) =>
  (await Promise.allSettled(commits)).map(({ status }) => status);

describe('units that are committed together', () => {
  it('share a transaction, and while it is under way the next one gathers', async () => {
    const { transactions, commit } = database();
    const first = [commit('a'), commit('b')];
    await delay(0).then(() => Promise.all([commit('c'), commit('d'), ...first]));
    expect(transactions).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('go in as many transactions at a time as are allowed', async () => {
    const { transactions, commit } = database(2);
    const first = commit('a');
    await delay(0);
    const second = commit('b');
    await delay(0);
    await Promise.all([first, second, commit('c'), commit('d')]);
    expect(transactions).toEqual([['a'], ['b'], ['c', 'd']]);
  });

  it('do not suffer from a mistake of another', async () => {
    const { transactions, commit } = database();
    expect(await statuses([commit('a'), commit('wrong'), commit('b')])).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(transactions).toEqual([['a', 'wrong', 'b'], ['a'], ['wrong'], ['b']]);
  });

  it('are not written again when it is not certain that nothing was committed', async () => {
    const { transactions, commit } = database();
    expect(await statuses([commit('a'), commit('lost')])).toEqual(['rejected', 'rejected']);
    expect(transactions).toEqual([['a', 'lost']]);
  });

  it('do not wait for a transaction that waits for somebody else', async () => {
    const { transactions, commit } = database();
    const ended: string[] = [];
    const slow = commit('slow').then(() => ended.push('slow'));
    await delay(5);
    await commit('quick').then(() => ended.push('quick'));
    await slow;
    expect(ended).toEqual(['quick', 'slow']);
    expect(transactions).toEqual([['slow'], ['quick']]);
  });

  it('go in several transactions when they are many', async () => {
    const { transactions, commit } = database();
    await Promise.all(Array.from({ length: 40 }, (_, index) => commit(`${index}`)));
    expect(transactions.map(({ length }) => length)).toEqual([16, 16, 8]);
  });

  it('go apart when they are large', async () => {
    const { transactions, commit } = database();
    await Promise.all(['a', 'large 1', 'large 2', 'long 1', 'long 2', 'b'].map(commit));
    expect(transactions).toEqual([['a', 'large 1'], ['large 2'], ['long 1'], ['long 2', 'b']]);
  });
});
