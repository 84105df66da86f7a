// Puts a population into a migrated database, as if it had been written and sequenced long ago.
import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import { population } from './population.mjs';

const ENTRIES_PER_ROUND = 10_000;
/** Nobody measures the writing; what is measured afterwards runs with MariaDB's own settings again. */
const WHILE_WRITING = { innodb_buffer_pool_size: 2 ** 30, innodb_flush_log_at_trx_commit: 0 };
/** Far above the ids of what the migrations wrote. */
const FIRST_CHANGE = 1_000_000;
const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const asDatabaseTime = (instant) => instant.replace('T', ' ').replace('Z', '000');

/** Terms come from the application's own code, so that what is searched here is what the sequencer writes. */
const { termsOf } = await import('../../../dist/libs/audit/src/query/terms.js');

/** Writes `count` entries with their subjects, changes and search index into the MariaDB schema at `url`. */
export async function fill(url, count, progress = () => {}) {
  const connection = await mysql.createConnection({ uri: url });
  try {
    const usual = await setGlobals(connection, WHILE_WRITING);
    await connection.query('SET SESSION unique_checks = 0, SESSION foreign_key_checks = 0');
    let writing = Promise.resolve();
    let done = 0;
    for (const round of roundsOf(count)) {
      // The database writes one round while the next is made.
      await writing;
      writing = write(connection, round);
      done += round.entries.length;
      progress(done);
    }
    await writing;
    await connection.query(
      'INSERT INTO audit_log SET number = 1, origin = ?, size = ?, started_at = NOW(6)',
      ['bench.example/v1/log', count],
    );
    await connection.query(
      'ANALYZE TABLE audit_entry, audit_term, audit_entry_subject, row_change, audit_row_version',
    );
    await setGlobals(connection, usual);
  } finally {
    await connection.end();
  }
}

/** Sets global variables, and gives what they were. */
async function setGlobals(connection, values) {
  const [rows] = await connection.query('SHOW GLOBAL VARIABLES WHERE variable_name IN (?)', [
    Object.keys(values),
  ]);
  for (const [name, value] of Object.entries(values)) await connection.query(`SET GLOBAL ${name} = ${value}`);
  return Object.fromEntries(rows.map((row) => [row.Variable_name, Number(row.Value)]));
}

function* roundsOf(count) {
  let round = emptyRound();
  let changeId = FIRST_CHANGE;
  for (const { entry, subjects, changes } of population(count)) {
    const { id: entryId, leafIndex, logNumber } = entry;
    const occurredAt = asDatabaseTime(entry.occurredAt);
    round.entries.push({ ...entry, occurredAt, salt: randomBytes(32), payloadHash: '=' });
    for (const term of termsOf(entry, subjects)) round.terms.push({ term, entryId });
    for (const subjectId of subjects) round.subjects.push({ entryId, subjectId });
    for (const { tableName, rowId, ...change } of changes) {
      changeId += 1;
      const databaseUser = 'steward@localhost';
      round.changes.push({
        ...{ id: changeId, tableName, rowId, ...change, entryId, databaseUser },
        ...{ changedAt: occurredAt, leafIndex, logNumber },
      });
      round.versions.push({ tableName, rowId, changeId });
    }
    if (round.entries.length === ENTRIES_PER_ROUND) {
      yield round;
      round = emptyRound();
    }
  }
  if (round.entries.length > 0) yield round;
}

const emptyRound = () => ({ entries: [], terms: [], subjects: [], changes: [], versions: [] });

async function write(connection, { entries, terms, subjects, changes, versions }) {
  await connection.query('START TRANSACTION');
  await insert(connection, 'audit_entry', entries);
  await insert(connection, 'audit_entry_subject', subjects);
  await insert(connection, 'row_change', changes);
  await insert(connection, 'audit_row_version', sortedBy(versions, 'rowId'));
  await insert(connection, 'audit_term', sortedBy(terms, 'term'));
  await connection.query('COMMIT');
}

async function insert(connection, table, rows) {
  if (rows.length === 0) return;
  const properties = Object.keys(rows[0]);
  const sql = `INSERT INTO ${table} (${properties.map(snakeCase).join(', ')}) VALUES ?`;
  for (let start = 0; start < rows.length; start += 10_000) {
    const part = rows.slice(start, start + 10_000);
    await connection.query(sql, [part.map((row) => properties.map((property) => row[property]))]);
  }
}

/** The database goes through its pages once when rows come in the order of their key. */
const sortedBy = (rows, name) => rows.sort((a, b) => (a[name] < b[name] ? -1 : a[name] > b[name] ? 1 : 0));
