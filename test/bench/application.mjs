import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import PostalMime from 'postal-mime';
import { until } from './processes.mjs';
import { PEOPLE, scenariosFor } from './scenarios.mjs';
import { startServer } from './server-process.mjs';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url).pathname;
export const API = join(ROOT, 'dist/apps/api/src/main.js');
export const WORKER = join(ROOT, 'dist/apps/worker/src/main.js');
const CLI = join(ROOT, 'dist/apps/cli/src/main.js');
const PASSWORD = 'correct horse battery staple 9';

/** Starts the built application on a schema of its own, with users who are registered, verified and logged in over HTTP. */
export async function startApplication({ database, directory, nodeOptions }) {
  const dataDirectory = join(directory, 'data');
  await mkdir(dataDirectory, { recursive: true });
  await database.query('CREATE DATABASE application CHARACTER SET utf8mb4');
  const environment = {
    DATABASE_URL: database.url('application'),
    DATA_DIR: dataDirectory,
    ADMIN_EMAIL: 'admin@example.com',
    ADMIN_PASSWORD: 'a passphrase for the benchmark only 1',
  };
  await run(process.execPath, [CLI, 'migrate'], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...environment },
  });
  const server = await startServer({
    name: 'application',
    script: API,
    directory,
    environment,
    nodeOptions,
    readyPath: '/health/ready',
  });
  try {
    const accessTokens = [];
    for (let person = 1; person <= PEOPLE; person += 1) {
      const email = `ada.${person}@example.com`;
      accessTokens.push(await logIn(server.baseUrl, join(dataDirectory, 'mail'), email));
    }
    const paymentMethod = await examplePaymentMethod(server.baseUrl);
    return {
      ...server,
      schema: 'application',
      accessTokens,
      scenarios: scenariosFor(paymentMethod),
      environment,
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${url} answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function logIn(baseUrl, mailDirectory, email) {
  await post(`${baseUrl}/v1/auth/register`, { email, password: PASSWORD, name: 'Ada Lovelace' });
  const token = await until('the verification mail', 15_000, () => tokenFromMail(mailDirectory, email));
  await post(`${baseUrl}/v1/auth/verify-email`, { token });
  const { accessToken } = await post(`${baseUrl}/v1/auth/login`, { email, password: PASSWORD });
  return accessToken;
}

async function tokenFromMail(mailDirectory, email) {
  const names = await readdir(mailDirectory).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.eml'))) {
    const mail = await PostalMime.parse(await readFile(join(mailDirectory, name)));
    const isOurs = mail.to?.some(({ address }) => address === email);
    const token = isOurs && /token=([\w.~%-]+)/.exec(mail.text ?? '');
    if (token) return decodeURIComponent(token[1]);
  }
  return undefined;
}

/** The payment method that the OpenAPI example shows is the one that succeeds. */
async function examplePaymentMethod(baseUrl) {
  const document = await (await fetch(`${baseUrl}/openapi.json`)).json();
  let schema = document.paths['/v1/payments'].post.requestBody.content['application/json'].schema;
  if (schema.$ref) schema = document.components.schemas[schema.$ref.split('/').at(-1)];
  const { example, examples } = schema.properties.paymentMethod;
  return example ?? examples[0];
}
