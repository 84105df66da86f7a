// Puts payments with their captured changes, and a signed log over all of it, into a migrated database, as if they had
// been written one by one: two entries and two row changes for each payment.
import { randomBytes } from 'node:crypto';
import { connect } from './connections.mjs';

const dist = (path) => import(`../../../dist/libs/${path}.js`);
const { captureDialect } = await dist('audit/src/capture/capture-dialect');
const { leafOf } = await dist('audit/src/log/leaf/leaf');
const { PayloadHasher } = await dist('audit/src/log/leaf/payload-hasher');
const { signCheckpoint } = await dist('audit/src/log/note/checkpoint');
const { noteSigner } = await dist('audit/src/log/note/key');
const { GrowingTree } = await dist('audit/src/log/tree/growing-tree');
const { hashLeaf } = await dist('audit/src/log/tree/hash');
const { Keyring } = await dist('vault/src/keyring/keyring');
const { loadOrCreateKeyringFile } = await dist('vault/src/keyring/keyring-file');

const PAYMENTS_PER_ROUND = 5_000;
const START_MS = Date.UTC(2026, 0, 1);
/** Above the ids of what the migrations wrote. */
const FIRST_CHANGE = 1_000_000;

const PAYMENT =
  'id, customer_id, amount_minor, currency, status, capture_mode, gateway, gateway_reference, payment_method, amount_captured_minor, amount_refunded_minor, amount_refund_reserved_minor, operation, operation_reference, operation_amount_minor, check_count, version, created_at, updated_at';
const ENTRY =
  'id, occurred_at, action, outcome, actor_kind, actor_id, session_id, request_id, trace_id, resource_type, resource_id, subject_id, details, leaf_index, log_number, salt, payload_hash';
const CHANGE =
  'row_change (id, table_name, row_id, operation, before_image, after_image, entry_id, database_user, changed_at, leaf_index, log_number)';

const id = (prefix, number) => `${prefix}_${String(number).padStart(26, '0')}`;
const at = (number) => new Date(START_MS + number).toISOString().replace('T', ' ').replace('Z', '000');

/** Writes `count` entries (rounded up to whole payments) and their log, `origin`. */
export async function fillVerifiable(environment, { count, origin }) {
  const database = await connect(environment);
  const log = new Log(database, environment, origin);
  const payments = Math.ceil(count / 2);
  const triggers = await database.triggersOf('payment');
  for (const { name } of triggers) await database.query(`DROP TRIGGER ${name}`);
  const image = await imageOf(database);
  for (let first = 0; first < payments; first += PAYMENTS_PER_ROUND) {
    const last = Math.min(first + PAYMENTS_PER_ROUND, payments) - 1;
    await database.begin();
    await writePayments(database, first, last);
    await writeChanges(database, image, first, last);
    await log.append(await changesOf(database, first, last));
    await database.commit();
  }
  await log.sign();
  for (const { create } of triggers) await database.query(create);
  await database.close();
  return 2 * payments;
}

/** What the triggers of the table write, as an expression. */
async function imageOf(database) {
  const dialect = captureDialect(database.dialect);
  const schema = await dialect.readSchema(database.query);
  const { columns } = schema.get('payment');
  return dialect.image(columns, 'p');
}

async function writePayments(database, first, last) {
  const rows = [];
  for (let number = first; number <= last; number++) {
    const [payment, time] = [id('pay', number), at(number)];
    rows.push(
      [
        payment,
        id('usr', number % 1000),
        1250,
        'EUR',
        'succeeded',
        'automatic',
        'sandbox',
        `sbx_${number}`,
      ].concat(['pm_card_success', 1250, 0, 0, 'authorise', payment, 1250, 0, 2, time, time]),
    );
  }
  await database.insert('payment', PAYMENT, rows);
}

/** The database writes the images itself: the one before the payment succeeded differs by a word. */
async function writeChanges(database, image, first, last) {
  const user = database.dialect === 'sqlite' ? 'sqlite' : 'steward@localhost';
  const before = `REPLACE(${image}, '"succeeded"', '"processing"')`;
  const number = `CAST(SUBSTR(p.id, 5) AS ${database.dialect === 'sqlite' ? 'INTEGER' : 'UNSIGNED'})`;
  const entry = (offset) =>
    database.dialect === 'sqlite'
      ? `printf('aud_%026d', 2 * ${number} + ${offset})`
      : `CONCAT('aud_', LPAD(2 * ${number} + ${offset}, 26, '0'))`;
  for (const [offset, operation, from, to] of [
    [0, 'insert', 'NULL', before],
    [1, 'update', before, image],
  ]) {
    const place = `2 * ${number} + ${offset}`;
    await database.query(
      `INSERT INTO ${CHANGE} SELECT ${FIRST_CHANGE} + ${place}, 'payment', p.id, '${operation}', ${from}, ${to},
         ${entry(offset)}, '${user}', p.created_at, ${place}, 1 FROM payment p WHERE p.id BETWEEN ? AND ? ORDER BY p.id`,
      [id('pay', first), id('pay', last)],
    );
  }
}

const changesOf = (database, first, last) =>
  database.query(
    `SELECT id, table_name AS tableName, row_id AS rowId, operation, before_image AS beforeImage,
       after_image AS afterImage, database_user AS databaseUser, changed_at AS changedAt, leaf_index AS leafIndex
     FROM row_change WHERE id BETWEEN ? AND ? ORDER BY id`,
    [FIRST_CHANGE + 2 * first, FIRST_CHANGE + 2 * last + 1],
  );

/** The entries of a log and its tree. */
class Log {
  constructor(database, environment, origin) {
    this.database = database;
    this.origin = origin;
    this.tree = new GrowingTree();
    const keyring = new Keyring(loadOrCreateKeyringFile(environment.DATA_DIR));
    this.signers = keyring.logKeys().map(({ privateKey }) => noteSigner(origin, privateKey));
  }

  /** One entry for each change. */
  async append(changes) {
    const salts = randomBytes(32 * changes.length);
    const rows = [];
    const hashes = [];
    for (const [index, change] of changes.entries()) {
      const entry = entryOf(change);
      const salt = salts.subarray(32 * index, 32 * index + 32);
      const hasher = new PayloadHasher(salt, entry, []);
      hasher.add({ ...change, id: String(change.id) });
      const payloadHash = hasher.digest();
      hashes.push(hashLeaf(leafOf({ ...entry, payloadHash })));
      const { id, occurredAt, action, outcome, actorKind, actorId, sessionId, requestId, traceId } = entry;
      const { resourceType, resourceId, subjectId, details } = entry;
      rows.push(
        [id, occurredAt, action, outcome, actorKind, actorId, sessionId, requestId, traceId].concat([
          resourceType,
          resourceId,
          subjectId,
          details,
          change.leafIndex,
          1,
          salt,
          payloadHash,
        ]),
      );
    }
    await this.database.insert('audit_entry', ENTRY, rows);
    for (const { level, index, hashes: bytes } of this.tree.append(hashes))
      await this.database.query(
        'REPLACE INTO audit_log_tile (log_number, level, tile_index, hashes) VALUES (1, ?, ?, ?)',
        [level, index, bytes],
      );
  }

  async sign() {
    const { origin, tree, signers } = this;
    const checkpoint = signCheckpoint({ origin, size: tree.size, root: tree.root() }, signers);
    await this.database.query(
      'INSERT INTO audit_log (number, origin, size, checkpoint, started_at) VALUES (1, ?, ?, ?, ?)',
      [origin, tree.size, checkpoint, at(0)],
    );
  }
}

function entryOf({ leafIndex, rowId, operation, changedAt }) {
  const customer = id('usr', (leafIndex >> 1) % 1000);
  return {
    id: id('aud', leafIndex),
    occurredAt: changedAt,
    action: operation === 'insert' ? 'payment.create' : 'payment.settle',
    outcome: 'succeeded',
    actorKind: 'user',
    actorId: customer,
    sessionId: id('ses', leafIndex % 5000),
    requestId: id('req', leafIndex >> 1),
    traceId: String(leafIndex >> 1).padStart(32, '0'),
    resourceType: 'payment',
    resourceId: rowId,
    subjectId: customer,
    details: JSON.stringify({ gateway: 'sandbox' }),
    errorCode: null,
    purpose: null,
    addressSubjectId: null,
    clientAddress: null,
  };
}
