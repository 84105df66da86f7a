import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database, newId, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { bootAudit, outside, Things } from '../testing/things.js';
import { PAYLOAD_COLUMNS } from './record-guards.js';

const SALT = `X'${'ab'.repeat(32)}'`;
const HASH = 'A'.repeat(44);

describeOnEveryDialect('the guards of the record', (dialect) => {
  let app: BootedModule;
  let entry: string;
  let place = 0;

  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    place += 1;
    entry = await app
      .get(UnitOfWork)
      .run({ action: 'thing.create', subject: 'usr_a', purpose: 'testing' }, async (unit) => {
        await app.get(Things).things.insert({ id: newId('thg'), amountMinor: 1n });
        unit.describe({ details: { colour: 'red' } });
        return unit.id;
      });
  });

  const run = (...statements: string[]) => outside(app.database, ...statements);
  const rows = (sql: string) => app.get(Database).query(sql);
  const refused = async (...statements: string[]) => {
    for (const statement of statements)
      await expect(run(statement), statement).rejects.toThrow(/is append-only/);
  };
  const ofEntry = (set: string) => `UPDATE audit_entry SET ${set} WHERE id = '${entry}'`;
  const ofChange = (set: string) => `UPDATE row_change SET ${set} WHERE entry_id = '${entry}'`;
  const placing = () => `leaf_index = ${place}, log_number = 1`;
  const sequence = () =>
    run(
      ofEntry(`${placing()}, salt = ${SALT}, payload_hash = '${HASH}'`),
      ofChange(placing()),
      `INSERT INTO audit_entry_subject (entry_id, subject_id) VALUES ('${entry}', 'usr_b')`,
    );
  const expiry = ['salt', ...PAYLOAD_COLUMNS].map((name) => `${name} = NULL`).join(', ');

  it('keep the words of an entry and the images of a change, and let none go', async () => {
    await refused(
      ofEntry(`action = 'X'`),
      ofEntry(`details = NULL`),
      ofEntry(expiry),
      ofChange('after_image = NULL'),
      ofChange('entry_id = NULL'),
      `DELETE FROM audit_entry WHERE id = '${entry}'`,
      `DELETE FROM row_change WHERE entry_id = '${entry}'`,
    );
  });

  it('give an entry its place once, whole, and with nothing else', async () => {
    const whole = `${placing()}, salt = ${SALT}, payload_hash = '${HASH}'`;
    await refused(
      ofEntry(`leaf_index = ${place}`),
      ofEntry(placing()),
      ofEntry(`${placing()}, salt = ${SALT}`),
      ofEntry(`salt = ${SALT}`),
      ofEntry(`${whole}, action = 'X'`),
    );
    await run(ofEntry(whole));
    await refused(
      ofEntry(`${whole.replace(`= ${place}`, '= 99999')}`),
      ofEntry(`payload_hash = '${HASH.replace('A', 'B')}'`),
      ofEntry(`salt = X'00'`),
      ofEntry(`leaf_index = NULL, log_number = NULL, salt = NULL, payload_hash = NULL`),
    );
  });

  it('let the claim of a change be corrected until it has its place, and nothing afterwards', async () => {
    await refused(ofChange(`leaf_index = ${place}`), ofChange(`${placing()}, after_image = '{}'`));
    const [change] = await rows(`SELECT id FROM row_change WHERE entry_id = '${entry}'`);
    const byId = (set: string) => `UPDATE row_change SET ${set} WHERE id = ${String(change?.['id'])}`;
    await run(byId(`entry_id = 'aud_other'`), byId(`entry_id = '${entry}'`), byId(placing()));
    await refused(
      byId(`entry_id = 'aud_other'`),
      byId(`leaf_index = 99999`),
      byId('leaf_index = NULL, log_number = NULL'),
    );
  });

  it('let a payload be dropped as a whole once it is sequenced, and its changes and subjects after it', async () => {
    await sequence();
    await refused(
      ofEntry('salt = NULL'),
      ofEntry('details = NULL'),
      ofEntry(`${expiry}, payload_hash = NULL`),
      ofEntry(`${expiry}, actor_id = NULL, action = 'X'`),
      `DELETE FROM row_change WHERE entry_id = '${entry}'`,
      `DELETE FROM audit_entry_subject WHERE entry_id = '${entry}'`,
    );
    const [kept] = await rows(`SELECT * FROM audit_entry WHERE id = '${entry}'`);
    await run(
      ofEntry(expiry),
      `DELETE FROM row_change WHERE entry_id = '${entry}'`,
      `DELETE FROM audit_entry_subject WHERE entry_id = '${entry}'`,
    );
    const gone = Object.fromEntries(['salt', ...PAYLOAD_COLUMNS].map((name) => [name, null]));
    expect(await rows(`SELECT * FROM audit_entry WHERE id = '${entry}'`)).toEqual([{ ...kept, ...gone }]);
    await refused(
      `DELETE FROM audit_entry WHERE id = '${entry}'`,
      ofEntry(`salt = ${SALT}`),
      ofEntry(`details = '{}'`),
    );
  });
});
