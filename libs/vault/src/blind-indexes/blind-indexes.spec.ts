import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { generateKeyring } from '../keyring/keyring-material.js';
import { Person, bootVault, type BootedVault } from '../testing/index.js';

describeOnEveryDialect('a blind index', (dialect) => {
  let app: BootedVault;
  beforeAll(async () => {
    app = await bootVault(dialect);
  });
  afterAll(() => app.close());

  it('finds the row by any spelling that counts as equal', async () => {
    const ada = await app.addPerson('Ada@Example.com');
    expect(await app.blindIndexes.find(Person, 'email', '  ada@EXAMPLE.com ')).toBe(ada.id);
    expect(await app.blindIndexes.find(Person, 'email', 'ada@example.org')).toBeUndefined();
  });

  it('has the database answer with one row whether or not the value is known, so that its time tells nothing', async () => {
    const known = await app.addPerson('known@example.com');
    const lookUp = vi.spyOn(app.data, 'lookUp');
    await app.blindIndexes.find(Person, 'email', 'known@example.com');
    await app.blindIndexes.find(Person, 'email', 'unknown@example.com');
    const answers = await Promise.all(lookUp.mock.results.map(({ value }) => value as Promise<unknown>));
    lookUp.mockRestore();
    expect(answers).toEqual([[{ id: known.id }], [{ id: null }]]);
  });

  it('keeps the value unique across rows', async () => {
    const bob = await app.addPerson('bob@example.com');
    await expect(app.addPerson('BOB@example.com')).rejects.toThrow('vault.blind_index_taken');
    expect(await app.people.countBy({})).toBe(3);
    expect(await app.blindIndexes.find(Person, 'email', 'bob@example.com')).toBe(bob.id);
  });

  it('lets only one of two rows that race for a value have it', async () => {
    const results = await Promise.allSettled([
      app.addPerson('race@example.com'),
      app.addPerson('race@example.com'),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = results.find((result) => result.status === 'rejected');
    expect(refused?.reason).toMatchObject({ code: 'vault.blind_index_taken' });
  });

  it('follows the row to its new value, and can be removed', async () => {
    const eve = await app.addPerson('eve@example.com');
    await app.units.run({ action: 'person.edit' }, () =>
      app.blindIndexes.put(eve, 'email', 'eva@example.com'),
    );
    expect(await app.blindIndexes.find(Person, 'email', 'eve@example.com')).toBeUndefined();
    expect(await app.blindIndexes.find(Person, 'email', 'eva@example.com')).toBe(eve.id);
    await app.units.run({ action: 'person.edit' }, () => app.blindIndexes.remove(eve, 'email'));
    expect(await app.blindIndexes.find(Person, 'email', 'eva@example.com')).toBeUndefined();
  });

  it('is cleared when the person is erased, and the value is free again', async () => {
    const ada = await app.addPerson('gone@example.com');
    await app.erase(ada.id);
    expect(await app.blindIndexes.find(Person, 'email', 'gone@example.com')).toBeUndefined();
    expect((await app.addPerson('gone@example.com')).id).not.toBe(ada.id);
  });

  it('refuses a column that declares none, and a write outside a unit', async () => {
    const person = Object.assign(new Person(), { id: newId('usr') });
    await expect(app.blindIndexes.find(Person, 'tags', 'x')).rejects.toThrow('declares no blind index');
    await expect(app.blindIndexes.put(person, 'email', 'x@example.com')).rejects.toThrow('inside a unit');
  });
});

describe('a blind index while its key turns', () => {
  it('is written under both keys, so that both old and new instances find it', async () => {
    const [before, after] = [generateKeyring(), generateKeyring()];
    const [oldKey] = before.blindIndexKeys;
    const newKey = { version: 2, key: after.blindIndexKeys[0]!.key };
    const environment = (...blindIndexKeys: { version: number; key: string }[]) => ({
      KEYRING: JSON.stringify({ ...before, blindIndexKeys }),
    });
    const old = await bootVault('sqlite', { environment: environment(oldKey!) });
    const turning = await bootVault('sqlite', {
      database: old.database,
      environment: environment(newKey, oldKey!),
    });
    const turned = await bootVault('sqlite', { database: old.database, environment: environment(newKey) });
    try {
      const early = await old.addPerson('early@example.com');
      const late = await turning.addPerson('late@example.com');
      expect(await turning.blindIndexes.find(Person, 'email', 'early@example.com')).toBe(early.id);
      expect(await old.blindIndexes.find(Person, 'email', 'late@example.com')).toBe(late.id);
      expect(await turned.blindIndexes.find(Person, 'email', 'late@example.com')).toBe(late.id);
      await expect(turning.addPerson('early@example.com')).rejects.toThrow('vault.blind_index_taken');
    } finally {
      await turned.close({ keepDatabase: true });
      await turning.close({ keepDatabase: true });
      await old.close();
    }
  });
});
