import 'reflect-metadata';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sealed, newId } from '#kernel';
import { describeOnEveryDialect, runAsUser } from '#kernel/testing';
import { Person, Receipt, bootVault, type BootedVault } from './testing/index.js';

describeOnEveryDialect('the vault', (dialect) => {
  let app: BootedVault;
  beforeAll(async () => {
    app = await bootVault(dialect);
  });
  afterAll(() => app.close());
  beforeEach(() => {
    app.recorder.reveals.length = 0;
    app.recorder.isBroken = false;
  });

  const load = (...people: Person[]) =>
    Promise.all(people.map(({ id }) => app.people.findOneByOrFail({ id })));

  async function addReceipt(personId: string, city: string, note: string | null = null): Promise<Receipt> {
    const receipt = Object.assign(new Receipt(), { id: newId('rcp'), personId });
    await app.vault.prepare([personId], 'accounting');
    await app.vault.prepare([personId]);
    app.vault.seal(receipt, { address: { city }, note });
    await app.units.run({ action: 'receipt.add' }, () => app.receipts.insert(receipt));
    return app.receipts.findOneByOrFail({ id: receipt.id });
  }

  it('seals what rests in the database and reveals it again, whatever JSON it is', async () => {
    const [ada] = await load(await app.addPerson('ada@example.com', ['früh', '数']));
    expect(ada!.email).toBeInstanceOf(Sealed);
    expect(ada!.email.bytes.includes('ada@example.com')).toBe(false);
    expect(JSON.stringify(ada) + inspect(ada)).not.toContain(ada!.email.bytes.toString('hex'));
    const [revealed] = await app.vault.reveal([ada!], ['email', 'tags'], 'test');
    const { email, tags }: { email: string | null; tags: string[] | null } = revealed!;
    expect({ email, tags }).toEqual({ email: 'ada@example.com', tags: ['früh', '数'] });
  });

  it('reveals nothing stored as null', async () => {
    const [ada] = await load(await app.addPerson('null@example.com'));
    expect(await app.vault.reveal([ada!], ['tags'], 'test')).toEqual([{ tags: null }]);
  });

  it('reveals many rows in their order with one query for all their keys', async () => {
    const stored: Person[] = [];
    for (let index = 0; index < 25; index += 1) stored.push(await app.addPerson(`many-${index}@example.com`));
    const other = await bootVault(dialect, { database: app.database });
    try {
      const people = await load(...stored);
      const queries = other.countQueries();
      const revealed = await other.vault.reveal(people, ['email', 'tags'], 'test');
      expect(revealed.map(({ email }) => email)).toEqual(
        stored.map((_, index) => `many-${index}@example.com`),
      );
      expect(queries.statements).toHaveLength(1);
      await other.vault.reveal(people, ['email'], 'test');
      expect(queries.statements).toHaveLength(1);
    } finally {
      await other.close({ keepDatabase: true });
    }
  });

  it('refuses to reveal or to prepare inside a unit of work', async () => {
    const ada = await app.addPerson('inside@example.com');
    const inUnit = <T>(work: () => Promise<T>) => app.units.run({ action: 'test.inside' }, work);
    await expect(inUnit(() => app.vault.reveal([ada], ['email'], 'test'))).rejects.toThrow('vault.reveal');
    await expect(inUnit(() => app.vault.prepare([ada.id]))).rejects.toThrow('vault.prepare');
  });

  it('says which preparation is missing when a unit seals without one', async () => {
    const stranger = Object.assign(new Person(), { id: newId('usr') });
    const attempt = app.units.run({ action: 'test.unprepared' }, async () => {
      app.vault.seal(stranger, { email: 'x@example.com' });
    });
    await expect(attempt).rejects.toThrow("vault.prepare([subject], 'account')");
  });

  it('prepares exactly the keys that the values need, as the annotations tell', async () => {
    const receipt = Object.assign(new Receipt(), { id: newId('rcp'), personId: newId('usr') });
    await app.vault.prepareAndSeal(receipt, { address: { city: 'Bonn' }, note: null });
    const [revealed] = await app.vault.reveal([receipt], ['address', 'note'], 'test');
    expect(revealed).toEqual({ address: { city: 'Bonn' }, note: null });
    const classes = await app.data.query('SELECT retention FROM subject_key WHERE subject_id = ?', [
      receipt.personId,
    ]);
    expect(classes).toEqual([{ retention: 'accounting' }]);
    const attempt = app.units.run({ action: 'test.inside' }, () =>
      app.vault.prepareAndSeal(receipt, { note: 'x' }),
    );
    await expect(attempt).rejects.toThrow('vault.prepareAndSeal');
  });

  it('refuses to seal a row that has no id or no subject yet', async () => {
    const receipt = Object.assign(new Receipt(), { id: newId('rcp') });
    expect(() => app.vault.seal(receipt, { address: { city: 'Bonn' } })).toThrow('Receipt.personId');
    expect(() => app.vault.seal(new Person(), { email: 'x' })).toThrow('Person.id');
  });

  describe('a reveal', () => {
    it('of my own data is not recorded', async () => {
      const ada = await app.addPerson('own@example.com');
      await runAsUser(ada.id, () => app.vault.reveal([ada], ['email'], 'test'));
      expect(app.recorder.reveals).toEqual([]);
    });

    it('of other people is recorded once, with people and columns, and without those not concerned', async () => {
      const [ada, bob, eve] = [
        await app.addPerson('a@example.com'),
        await app.addPerson('b@example.com'),
        await app.addPerson('e@example.com'),
      ];
      await app.erase(eve.id);
      await runAsUser(ada.id, () => app.vault.reveal([ada, bob, eve], ['email', 'tags'], 'support'));
      expect(app.recorder.reveals).toEqual([
        { purpose: 'support', subjects: [bob.id], fields: ['people.email'] },
      ]);
    });

    it('gives nothing when it cannot be recorded', async () => {
      const ada = await app.addPerson('unrecorded@example.com');
      app.recorder.isBroken = true;
      await expect(app.vault.reveal([ada], ['email'], 'test')).rejects.toThrow('cannot be written');
    });

    it('gives nothing, and records nothing, when the policy refuses the purpose', async () => {
      const ada = await app.addPerson('policy@example.com');
      await expect(app.vault.reveal([ada], ['email'], 'refused')).rejects.toThrow('policy');
      expect(app.recorder.reveals).toEqual([]);
    });
  });

  describe('a reveal of single values', () => {
    it('opens fields of rows of any kinds in one reveal, also of what a row was', async () => {
      const [ada, bob] = [
        await app.addPerson('ada@example.org', ['x']),
        await app.addPerson('bob@example.org'),
      ];
      const receipt = await addReceipt(bob.id, 'Bonn');
      const former = Object.assign(new Person(), { id: ada.id, email: ada.email });
      app.recorder.reveals.length = 0;
      const opened = await app.vault.revealValues(
        [
          { row: former, field: 'email' },
          { row: receipt, field: 'address' },
          { row: receipt, field: 'note' },
          { row: ada, field: 'tags' },
        ],
        'test',
      );
      expect(opened).toEqual(
        ['ada@example.org', { city: 'Bonn' }, null, ['x']].map((value) => ({ state: 'open', value })),
      );
      expect(app.recorder.reveals).toEqual([
        {
          purpose: 'test',
          subjects: [ada.id, bob.id],
          fields: ['people.email', 'receipts.address', 'people.tags'],
        },
      ]);
    });

    it('says which are erased and which are broken, and opens the others', async () => {
      const [ada, bob, eve] = [
        await app.addPerson('ada@example.net'),
        await app.addPerson('bob@example.net'),
        await app.addPerson('eve@example.net'),
      ];
      await app.erase(eve.id);
      const rows = [
        Object.assign(new Person(), { id: ada.id, email: bob.email }),
        eve,
        Object.assign(new Receipt(), { id: newId('rcp'), note: ada.email }),
        Object.assign(new Person(), { id: 'usr_nobody', email: ada.email }),
        Object.assign(new Person(), { id: ada.id, email: new Sealed(Buffer.from('x')) }),
        bob,
      ];
      const fields = ['email', 'email', 'note', 'email', 'email', 'email'];
      const values = rows.map((row, index) => ({ row, field: fields[index]! }));
      app.recorder.reveals.length = 0;
      const opened = await app.vault.revealValues(values, 'test');
      expect(opened.map(({ state }) => state)).toEqual([
        'broken',
        'erased',
        'broken',
        'broken',
        'broken',
        'open',
      ]);
      expect(app.recorder.reveals.map(({ subjects }) => subjects)).toEqual([[bob.id]]);
    });

    it('gives nothing in a unit, for a refused purpose, and when it cannot be recorded', async () => {
      const ada = await app.addPerson('ada@example.edu');
      const values = [{ row: ada, field: 'email' }];
      const inUnit = app.units.run({ action: 'test.inside' }, () => app.vault.revealValues(values, 'test'));
      await expect(inUnit).rejects.toThrow('vault.revealValues');
      await expect(app.vault.revealValues(values, 'refused')).rejects.toThrow('policy');
      app.recorder.isBroken = true;
      await expect(app.vault.revealValues(values, 'test')).rejects.toThrow('cannot be written');
    });
  });

  describe('a ciphertext moved in the database', () => {
    const write = (sql: string, ...parameters: unknown[]) =>
      app.units.run({ action: 'test.tamper' }, () => app.data.query(sql, parameters));

    it('to another row of the same column cannot be revealed', async () => {
      const [one, two] = [await addReceipt('usr_1', 'Bonn'), await addReceipt('usr_1', 'Kiel')];
      await write('UPDATE receipt SET address = ? WHERE id = ?', one.address.bytes, two.id);
      const moved = await app.receipts.findOneByOrFail({ id: two.id });
      await expect(app.vault.reveal([moved], ['address'], 'test')).rejects.toThrow('envelope');
    });

    it('to another column of the same row cannot be revealed', async () => {
      const ada = await app.addPerson('columns@example.com');
      await write('UPDATE person SET tags = email WHERE id = ?', ada.id);
      const [moved] = await load(ada);
      await expect(app.vault.reveal([moved!], ['tags'], 'test')).rejects.toThrow('envelope');
    });

    it('cannot be passed off as another person’s', async () => {
      await addReceipt('usr_2', 'Ulm');
      const receipt = await addReceipt('usr_1', 'Bonn');
      await write('UPDATE receipt SET person_id = ? WHERE id = ?', 'usr_2', receipt.id);
      const moved = await app.receipts.findOneByOrFail({ id: receipt.id });
      await expect(app.vault.reveal([moved], ['address'], 'test')).rejects.toThrow('envelope');
    });
  });
});
