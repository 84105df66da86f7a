import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  bootTestModule,
  engineBinary,
  engines,
  isRequired,
  type MariadbServer,
  startMariadb,
} from '#kernel/testing';
import { type Environment, loadConfigs } from '../config/define-config.js';
import { kernelConfig, type KernelConfig } from '../config/kernel.config.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { Database } from './database.js';
import { mysql } from './dialects/mysql.js';

const mariadb = engineBinary('mariadb') ?? '';
const openssl = engineBinary('openssl') ?? '';
const isHere = mariadb !== '' && openssl !== '';
const needs = `needs: ${engines.mariadb.install}, ${engines.openssl.install}`;
if (openssl === '' && isRequired('openssl')) throw new Error(`TLS to the database ${needs}`);
const suite = 'TLS to the database (mariadb)';

describe.runIf(isHere)(isHere ? suite : `${suite} — ${needs}`, () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  let server: MariadbServer;
  let port: string;

  const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const makeAuthority = (name: string) => {
    const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
    execFileSync(openssl, ['req', '-x509', ...KEY, ...files, '-days', '2', '-subj', `/CN=${name}`], {
      stdio: 'pipe',
    });
  };
  const makeCertificate = (authority: string, subjectAltName: string) => {
    const request = ['-keyout', file('server.key'), '-out', file('server.csr'), '-subj', '/CN=server'];
    execFileSync(openssl, ['req', ...KEY, ...request], { stdio: 'pipe' });
    writeFileSync(file('server.ext'), `subjectAltName=${subjectAltName}\n`);
    const signer = ['-CA', file(`${authority}.pem`), '-CAkey', file(`${authority}.key`), '-CAcreateserial'];
    const files = ['-in', file('server.csr'), '-extfile', file('server.ext'), '-out', file('server.pem')];
    execFileSync(openssl, ['x509', '-req', ...signer, ...files, '-days', '2'], { stdio: 'pipe' });
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'steward-tls-'));
    makeAuthority('ours');
    makeAuthority('another');
    makeCertificate('ours', 'DNS:localhost,IP:127.0.0.1');
    server = await startMariadb(mariadb, [
      `--ssl-cert=${file('server.pem')}`,
      `--ssl-key=${file('server.key')}`,
      `--ssl-ca=${file('ours.pem')}`,
      '--require-secure-transport=ON',
    ]);
    port = new URL(server.url).port;
    const connection = await createConnection({
      uri: server.url,
      ssl: { ca: readFileSync(file('ours.pem')) },
    });
    await connection.query('CREATE DATABASE steward');
    await connection.end();
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  const settings = (host: string, tls: Readonly<Record<string, string>>) => ({
    NODE_ENV: 'test',
    DATA_DIR: folder,
    DATABASE_URL: `mysql://root@${host}:${port}/steward`,
    ...tls,
  });
  /** The ciphers of the connections that read, write, and look at one moment of the database. */
  const ciphers = async (host: string, mode: string) => {
    const environment = settings(host, { DATABASE_TLS: mode, DATABASE_CA_FILE: file('ours.pem') });
    const url = environment.DATABASE_URL;
    const database = {
      dialect: 'mariadb',
      environment,
      dataDir: folder,
      url,
      remove: async () => {},
    } as const;
    const app = await bootTestModule({ dialect: 'mariadb', nullPorts: true, database });
    const sql = "SHOW STATUS LIKE 'Ssl_cipher'";
    const data = app.get(Database);
    const cipher = async () => (await data.query<{ Value: string }>(sql))[0]?.Value;
    const snapshot = await data.snapshot((query) => query(sql));
    const found = [
      await cipher(),
      await app.get(UnitOfWork).run({ action: 'cipher.read', recorded: false }, cipher),
      (snapshot as { Value: string }[])[0]?.Value,
    ];
    await app.close();
    return found;
  };
  /** What keeps each of the application's sources from connecting. */
  const refusals = (environment: Environment) => {
    const config = loadConfigs([kernelConfig], environment).get(kernelConfig.token) as KernelConfig;
    const options = [mysql.writer(config), mysql.reader(config), mysql.migrator(config)];
    return Promise.all(
      options.map(async (each) => {
        const source = new DataSource(each);
        try {
          await source.initialize();
          await source.destroy();
          return 'connected';
        } catch (error) {
          return String(error);
        }
      }),
    );
  };
  const encrypted = [1, 2, 3].map(() => expect.stringMatching(/^(TLS|ECDHE)/) as string);

  it('encrypts every connection to a server that the authority vouches for', async () => {
    expect(await ciphers('127.0.0.1', 'verify-ca')).toEqual(encrypted);
  });

  it('does so with verify-full when the certificate is for this host', async () => {
    expect(await ciphers('localhost', 'verify-full')).toEqual(encrypted);
  });

  it('is not to be had in clear from a server that demands TLS', async () => {
    // MariaDB 10.11 says no more than that.
    const refusal = expect.stringMatching(/insecure transport|Access denied/) as string;
    expect(await refusals(settings('localhost', {}))).toEqual([refusal, refusal, refusal]);
  });

  it('refuses a server that another authority vouches for, or one that Node does not trust', async () => {
    const refusal = expect.stringContaining('self-signed certificate in certificate chain') as string;
    const another = { DATABASE_CA_FILE: file('another.pem') };
    for (const tls of [
      { DATABASE_TLS: 'verify-ca', ...another },
      { DATABASE_TLS: 'verify-full', ...another },
      { DATABASE_TLS: 'verify-ca' },
    ]) {
      expect(await refusals(settings('localhost', tls))).toEqual([refusal, refusal, refusal]);
    }
  });

  it('does without a server that has no TLS, rather than go on in clear', async () => {
    const DATABASE_URL = `${inject('testServers').mariadb}/mysql`;
    const tls = { DATABASE_URL, DATABASE_TLS: 'verify-ca', DATABASE_CA_FILE: file('ours.pem') };
    // From 11.4 on each has at least a certificate that it signed itself.
    const refusal = expect.stringMatching(/does not support secure connection|certificate/) as string;
    expect(await refusals(settings('localhost', tls))).toEqual([refusal, refusal, refusal]);
  });

  it('refuses a certificate for another host with verify-full, and with nothing less', async () => {
    // Another way to write 127.0.0.1, which is a name to all but the resolver, and is not in the certificate.
    const host = '127.1';
    expect(await ciphers(host, 'verify-ca')).toEqual(encrypted);
    const tls = { DATABASE_TLS: 'verify-full', DATABASE_CA_FILE: file('ours.pem') };
    const refusal = expect.stringContaining("does not match certificate's altnames") as string;
    expect(await refusals(settings(host, tls))).toEqual([refusal, refusal, refusal]);
  });
});
