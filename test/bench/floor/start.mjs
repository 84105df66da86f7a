import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PEOPLE, scenariosFor } from '../scenarios.mjs';
import { startServer } from '../server-process.mjs';

const SCHEMA = readFileSync(new URL('schema.sql', import.meta.url), 'utf8').replace(/^--.*$/gm, '');
const POOL_SIZE = 16;

/** Starts the floor on a schema of its own, with users who are logged in. */
export async function startFloor({ database, directory, nodeOptions }) {
  const key = randomBytes(32);
  await database.query('CREATE DATABASE floor CHARACTER SET utf8mb4');
  for (const statement of SCHEMA.split(';').filter((part) => part.trim() !== '')) {
    await database.query(statement.replace('CREATE TABLE ', 'CREATE TABLE floor.'));
  }
  const accessTokens = [];
  for (let person = 1; person <= PEOPLE; person += 1) {
    const token = randomBytes(32).toString('base64url');
    await database.query('INSERT INTO floor.user VALUES (?, ?, ?, 1, UTC_TIMESTAMP(6))', [
      `usr_${person}`,
      seal(key, `ada.${person}@example.com`),
      seal(key, 'Ada Lovelace'),
    ]);
    await database.query(
      'INSERT INTO floor.session VALUES (?, ?, ?, UTC_TIMESTAMP(6) + INTERVAL 1 DAY, NULL)',
      [createHash('sha256').update(token).digest(), `ses_${person}`, `usr_${person}`],
    );
    accessTokens.push(token);
  }
  const server = await startServer({
    name: 'floor',
    script: fileURLToPath(new URL('server.mjs', import.meta.url)),
    directory,
    nodeOptions,
    environment: {
      DATABASE_URL: database.url('floor'),
      FLOOR_KEY: key.toString('hex'),
      FLOOR_POOL: String(POOL_SIZE),
      NODE_ENV: 'production',
    },
    readyPath: '/health/live',
  });
  return { ...server, schema: 'floor', accessTokens, scenarios: scenariosFor('pm_card_ok') };
}

function seal(key, text) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}
