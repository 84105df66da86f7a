import 'reflect-metadata';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Clock, OutboxRelay, UnitOfWork, newId } from '#kernel';
import { describeOnEveryDialect, type TestDialect } from '#kernel/testing';
import { Person, bootVault, type BootedVault } from '../testing/index.js';

interface KeyRow {
  wrapped_key: string | null;
  destroyed_at: unknown;
}

const keyRows = (app: BootedVault, subject: string) =>
  app.data.query<KeyRow>('SELECT wrapped_key, destroyed_at FROM subject_key WHERE subject_id = ?', [subject]);

describeOnEveryDialect('erasing a person', (dialect) => {
  let app: BootedVault;
  let other: BootedVault;
  beforeAll(async () => {
    app = await bootVault(dialect);
    other = await bootVault(dialect, { database: app.database });
  });
  afterAll(async () => {
    await other.close({ keepDatabase: true });
    await app.close();
  });

  it('makes everything sealed under the key unreadable, and refuses to seal more', async () => {
    const ada = await app.addPerson('ada@example.com', ['tag']);
    await app.erase(ada.id);
    expect(await app.vault.reveal([ada], ['email', 'tags'], 'test')).toEqual([{ email: null, tags: null }]);
    await app.vault.prepare([ada.id]);
    expect(app.vault.isErased(ada.id)).toBe(true);
    expect(() => app.vault.seal(ada, { email: 'again@example.com' })).toThrow('vault.subject_erased');
    expect(await keyRows(app, ada.id)).toEqual([{ wrapped_key: null, destroyed_at: expect.anything() }]);
  });

  it('leaves the key of another retention class alone', async () => {
    const subject = newId('usr');
    await app.vault.prepare([subject], 'accounting');
    await app.erase(subject, 'account');
    expect(app.vault.isErased(subject, 'account')).toBe(true);
    expect(app.vault.isErased(subject, 'accounting')).toBe(false);
  });

  it('fences a person who never had a key', async () => {
    const subject = newId('usr');
    await app.erase(subject);
    await other.vault.prepare([subject]);
    expect(other.vault.isErased(subject)).toBe(true);
  });

  it('changes nothing when it is rolled back', async () => {
    const ada = await app.addPerson('rollback@example.com');
    const attempt = app.units.run({ action: 'person.erase' }, async () => {
      await app.vault.eraseSubject(ada.id, 'account');
      throw new Error('after all, no');
    });
    await expect(attempt).rejects.toThrow('after all, no');
    expect(await app.vault.reveal([ada], ['email'], 'test')).toEqual([{ email: 'rollback@example.com' }]);
    expect(await app.blindIndexes.find(Person, 'email', 'rollback@example.com')).toBe(ada.id);
  });

  it('names the same instant when repeated, and sweeps once', async () => {
    const ada = await app.addPerson('twice@example.com');
    const first = await app.erase(ada.id);
    const second = await other.erase(ada.id);
    expect(first.isNew).toBe(true);
    expect(second).toEqual({ ...first, isNew: false });
    const events = await app.data.query(
      `SELECT id FROM outbox_message WHERE type = 'vault.subject_key_destroyed' AND payload LIKE ?`,
      [`%${ada.id}%`],
    );
    expect(events).toHaveLength(1);
  });

  it('succeeds as a whole when its unit loses a race and is run again', async () => {
    const ada = await app.addPerson('retry@example.com');
    let attempts = 0;
    const receipt = await app.units.run({ action: 'person.erase' }, async () => {
      attempts += 1;
      const erased = await app.vault.eraseSubject(ada.id, 'account');
      if (attempts === 1) throw Object.assign(new Error('lost a race'), { errno: 1213, code: 'SQLITE_BUSY' });
      return erased;
    });
    expect(attempts).toBe(2);
    expect(receipt.effectiveBy.getTime()).toBeGreaterThan(Date.now());
    expect(await app.vault.reveal([ada], ['email'], 'test')).toEqual([{ email: null }]);
  });

  it('sweeps what another instance indexed meanwhile, once no cached key can be in use', async () => {
    const ada = await other.addPerson('sweep@example.com');
    const { effectiveBy } = await app.erase(ada.id);
    // The other instance still has the key in its cache and does not know yet.
    await other.units.run({ action: 'person.edit' }, () =>
      other.blindIndexes.put(ada, 'email', 'late@example.com'),
    );
    const relay = app.get(OutboxRelay);
    await relay.drain();
    expect(await app.blindIndexes.find(Person, 'email', 'late@example.com')).toBe(ada.id);
    const clock = vi.spyOn(app.get(Clock), 'now').mockReturnValue(new Date(effectiveBy.getTime() + 1000));
    await relay.drain();
    clock.mockRestore();
    expect(await app.blindIndexes.find(Person, 'email', 'late@example.com')).toBeUndefined();
  });

  it('wins over a key that another instance mints at the same moment', async () => {
    const subject = newId('usr');
    // The other instance has found no key and is about to mint one: right then the person is erased.
    const run = other.get(UnitOfWork).run.bind(other.units);
    const spy = vi.spyOn(other.units, 'run').mockImplementationOnce(async (intent, work) => {
      await app.erase(subject);
      return run(intent, work);
    });
    await other.vault.prepare([subject]);
    spy.mockRestore();
    expect(other.vault.isErased(subject)).toBe(true);
    expect(await keyRows(app, subject)).toEqual([{ wrapped_key: null, destroyed_at: expect.anything() }]);
  });

  it('and minting agree on one key, or none, whatever the order of two instances', async () => {
    // Two SQLite writers in one process block each other's thread, so each race there costs a busy timeout.
    const subjects = Array.from({ length: dialect === 'sqlite' ? 2 : 60 }, () => newId('usr'));
    await Promise.all(
      subjects.flatMap((subject, index) => {
        const minting = [app, other].map(({ vault }) => vault.prepare([subject]));
        return index % 2 ? [...minting, app.erase(subject), other.erase(subject)] : minting;
      }),
    );
    for (const [index, subject] of subjects.entries()) {
      const [row] = await keyRows(app, subject);
      expect(row!.wrapped_key === null).toBe(index % 2 === 1);
      if (index % 2 === 1) continue;
      const person = app.vault.seal(Object.assign(new Person(), { id: subject }), { email: 'x@example.com' });
      expect(await other.vault.reveal([person], ['email'], 'test')).toEqual([{ email: 'x@example.com' }]);
    }
  });
});

describe('the embedded database after an erasure', () => {
  const dialect: TestDialect = 'sqlite';

  it('holds the bytes of the wrapped key in none of its files', async () => {
    const app = await bootVault(dialect);
    try {
      const ada = await app.addPerson('bytes@example.com');
      for (let index = 0; index < 50; index += 1) await app.addPerson(`filler-${index}@example.com`);
      const [{ wrapped_key: wrappedKey } = { wrapped_key: null }] = await keyRows(app, ada.id);
      const traces = () =>
        readdirSync(app.database.dataDir)
          .filter((name) => name.startsWith('steward.sqlite'))
          .filter((name) => readFileSync(join(app.database.dataDir, name)).includes(wrappedKey!));
      expect(traces()).not.toEqual([]);
      await app.erase(ada.id);
      await app.vault.scrub();
      expect(traces()).toEqual([]);
    } finally {
      await app.close();
    }
  });
});
