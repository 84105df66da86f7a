// The floor: what the three measured requests cost when nothing is written but the requests. Plain node:http and
// mysql2, no framework, no triggers, no layers; it leaves the same durable rows as the application does.
//
// It is kept honest, that is, fast: one round trip for the session check, one for the read or for the whole write
// transaction; kept-alive connections; a pool; prepared statements, except where several go in one round trip.
// Whoever finds something faster puts it in: the ratio is worth nothing against a slow floor.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import mysql from 'mysql2';

const KEY = Buffer.from(process.env.FLOOR_KEY, 'hex');
const pool = mysql.createPool({
  uri: process.env.DATABASE_URL,
  connectionLimit: Number(process.env.FLOOR_POOL),
  multipleStatements: true,
  timezone: 'Z',
  supportBigNumbers: true,
});

/** Runs one prepared statement, in one round trip. */
function roundTrip(sql, parameters) {
  return new Promise((resolve, reject) => {
    pool.execute(sql, parameters, (error, rows) => (error ? reject(error) : resolve(rows)));
  });
}

const sha256 = (data) => createHash('sha256').update(data).digest();

function seal(text) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', KEY, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed) {
  const decipher = createDecipheriv('aes-256-gcm', KEY, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  return decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8');
}

/** A time-ordered id: 48 bits of milliseconds, 80 random bits. */
function newId(prefix) {
  return `${prefix}_${Date.now().toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`;
}

class Refusal extends Error {
  constructor(status, code) {
    super(code);
    this.status = status;
  }
}

const SESSION = `SELECT s.id, s.user_id AS userId FROM session s JOIN user u ON u.id = s.user_id
  WHERE s.token_hash = ? AND s.revoked_at IS NULL AND s.expires_at > UTC_TIMESTAMP(6) AND u.is_active = 1`;

async function authenticate(request) {
  const header = request.headers.authorization;
  if (header === undefined || !header.startsWith('Bearer ')) throw new Refusal(401, 'unauthenticated');
  const [session] = await roundTrip(SESSION, [sha256(header.slice(7))]);
  if (session === undefined) throw new Refusal(401, 'unauthenticated');
  return session;
}

function readBody(request) {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      text += chunk;
      if (text.length > 65_536) reject(new Refusal(413, 'payload_too_large'));
    });
    request.on('end', () => resolve(text));
    request.on('error', reject);
  });
}

function parsePayment(text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'validation_failed');
  }
  const { amount, currency, paymentMethod, capture = 'automatic', metadata = {} } = body ?? {};
  const isValid =
    Number.isSafeInteger(amount) &&
    amount > 0 &&
    typeof currency === 'string' &&
    /^[A-Z]{3}$/.test(currency) &&
    typeof paymentMethod === 'string' &&
    /^pm_\w{1,60}$/.test(paymentMethod) &&
    capture === 'automatic' &&
    typeof metadata === 'object' &&
    metadata !== null;
  if (!isValid) throw new Refusal(400, 'validation_failed');
  return { amount, currency, paymentMethod, capture, metadata };
}

const CREATE_PAYMENT = `START TRANSACTION;
INSERT INTO idempotency_record VALUES (?, ?, ?, ?, ?, ?, ?);
INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);
INSERT INTO transfer VALUES (?, ?, ?, ?, ?, ?, ?, ?);
INSERT INTO audit_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);
INSERT INTO outbox_message VALUES (?, ?, ?, ?, ?);
COMMIT`;

function present(row) {
  return {
    id: row.id,
    status: row.status,
    amount: row.amount,
    amountCaptured: row.amountCaptured,
    amountRefunded: row.amountRefunded,
    currency: row.currency,
    paymentMethod: row.paymentMethod,
    capture: row.capture,
    metadata: row.metadata,
    createdAt: row.createdAt,
  };
}

async function createPayment(request) {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key.length > 200) throw new Refusal(400, 'idempotency_key_missing');
  const [session, text] = await Promise.all([authenticate(request), readBody(request)]);
  const { amount, currency, paymentMethod, capture, metadata } = parsePayment(text);

  const now = new Date();
  const id = newId('pay');
  const requestId = newId('req');
  const requestHash = sha256(text);
  const json = JSON.stringify(
    present({
      id,
      status: 'succeeded',
      amount,
      amountCaptured: amount,
      amountRefunded: 0,
      currency,
      paymentMethod,
      capture,
      metadata,
      createdAt: now,
    }),
  );
  const entry = [
    newId('aud'),
    now,
    session.userId,
    session.id,
    'payment.create',
    id,
    'succeeded',
    requestId,
    seal(request.socket.remoteAddress),
  ];
  try {
    await writeTransaction([
      [session.userId, 'createPayment', key, requestHash, 201, seal(json), now],
      [
        id,
        session.userId,
        'succeeded',
        amount,
        amount,
        0,
        currency,
        paymentMethod,
        capture,
        seal(JSON.stringify(metadata)),
        now,
      ],
      [newId('trf'), 'gateway:sandbox', 'sales', amount, currency, 'payment.capture', id, now],
      entry,
      [newId('evt'), 'payments.payment_captured', JSON.stringify({ paymentId: id, amount }), 'pending', now],
    ]);
  } catch (error) {
    if (error.errno !== 1062) throw error;
    return replay(session, key, requestHash);
  }
  return { status: 201, json };
}

/** One round trip; when a statement fails, the transaction is rolled back on the connection that holds it. */
function writeTransaction(rows) {
  return new Promise((resolve, reject) => {
    pool.getConnection((unreachable, connection) => {
      if (unreachable) return reject(unreachable);
      connection.query(CREATE_PAYMENT, rows.flat(), (error) => {
        if (!error) {
          connection.release();
          return resolve();
        }
        connection.rollback(() => connection.release());
        reject(error);
      });
    });
  });
}

async function replay(session, key, requestHash) {
  const [record] = await roundTrip(
    'SELECT * FROM idempotency_record WHERE user_id = ? AND route = ? AND idempotency_key = ?',
    [session.userId, 'createPayment', key],
  );
  if (!record.request_hash.equals(requestHash)) throw new Refusal(422, 'idempotency_key_reused');
  return { status: record.response_status, json: open(record.response_body) };
}

async function readProfile(request) {
  const session = await authenticate(request);
  const [user] = await roundTrip('SELECT id, email, name, created_at AS createdAt FROM user WHERE id = ?', [
    session.userId,
  ]);
  return { status: 200, json: JSON.stringify({ ...user, email: open(user.email), name: open(user.name) }) };
}

const PAGE_LENGTH = 20;
const LIST_PAYMENTS = `SELECT id, status, amount_minor AS amount, amount_captured_minor AS amountCaptured,
  amount_refunded_minor AS amountRefunded, currency, payment_method AS paymentMethod, capture_method AS capture,
  metadata, created_at AS createdAt FROM payment WHERE customer_id = ? ORDER BY id DESC LIMIT ${PAGE_LENGTH + 1}`;

async function listPayments(request) {
  const session = await authenticate(request);
  const rows = await roundTrip(LIST_PAYMENTS, [session.userId]);
  const items = rows.slice(0, PAGE_LENGTH);
  for (const item of items) item.metadata = JSON.parse(open(item.metadata));
  const nextCursor = rows.length > PAGE_LENGTH ? items[PAGE_LENGTH - 1].id : null;
  return { status: 200, json: JSON.stringify({ items, nextCursor }) };
}

const routes = {
  'POST /v1/payments': createPayment,
  'GET /v1/payments': listPayments,
  'GET /v1/users/me': readProfile,
  'GET /health/live': () => Promise.resolve({ status: 200, json: '{}' }),
};

function answer(response, status, json) {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(json),
  });
  response.end(json);
}

const server = createServer((request, response) => {
  const route = routes[`${request.method} ${request.url}`];
  if (route === undefined) return answer(response, 404, '{"code":"not_found"}');
  route(request).then(
    ({ status, json }) => answer(response, status, json),
    (error) => {
      if (!(error instanceof Refusal)) console.error(error);
      answer(
        response,
        error.status ?? 500,
        JSON.stringify({ code: error.status ? error.message : 'internal' }),
      );
    },
  );
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on(
  'SIGTERM',
  () => server.close(() => pool.end(() => process.exit(0))) && server.closeAllConnections(),
);
