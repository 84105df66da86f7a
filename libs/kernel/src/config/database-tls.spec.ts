import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Environment } from './define-config.js';
import { kernelConfig } from './kernel.config.js';

const DATABASE_URL = 'mysql://steward:secret@db.example/steward';
const [authority = ''] = rootCertificates;

const tlsOf = (environment: Environment) => {
  const result = kernelConfig.parse({ DATABASE_URL, ...environment });
  return 'value' in result ? result.value.databaseTls : result.mistakes;
};

it('connects in clear unless told otherwise', () => {
  expect(tlsOf({})).toBeUndefined();
  expect(tlsOf({ DATABASE_TLS: 'off' })).toBeUndefined();
});

it('verifies who signed the certificate, and with verify-full whose it is', () => {
  expect(tlsOf({ DATABASE_TLS: 'verify-ca' })).toEqual({ ca: undefined, verifyIdentity: false });
  expect(tlsOf({ DATABASE_TLS: 'verify-full', DATABASE_CA: authority })).toEqual({
    ca: authority,
    verifyIdentity: true,
  });
});

it('reads the authorities from a file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'steward-config-'));
  const path = join(directory, 'ca.pem');
  const both = rootCertificates.slice(0, 2).join('\n');
  writeFileSync(path, `${both}\n`);
  const tls = tlsOf({ DATABASE_TLS: 'verify-ca', DATABASE_CA_FILE: path });
  rmSync(directory, { recursive: true });
  expect(tls).toEqual({ ca: both, verifyIdentity: false });
});

it('refuses authorities that nothing is verified with', () => {
  expect(tlsOf({ DATABASE_CA: authority })).toEqual([expect.stringMatching(/^DATABASE_CA: .*DATABASE_TLS/)]);
});

it('refuses what is no certificate', () => {
  const broken = authority.replace(/MII/, 'MIX');
  for (const ca of ['/etc/ssl/ca.pem', broken, `${authority}\n${broken}`]) {
    expect(tlsOf({ DATABASE_TLS: 'verify-ca', DATABASE_CA: ca })).toEqual([
      'DATABASE_CA: must be certificates in PEM, one or more',
    ]);
  }
});

it('refuses an address that names no database', () => {
  for (const address of ['mysql://steward:secret@db.example', 'mysql://db.example:3306/'])
    expect(tlsOf({ DATABASE_URL: address })).toEqual([
      'DATABASE_URL: must end with the name of the database',
    ]);
});

it('refuses an address with a query, and says what to set, with all other mistakes', () => {
  const mistakes = tlsOf({
    DATABASE_URL: `${DATABASE_URL}?ssl=true`,
    DATABASE_MIGRATION_URL: 'mariadb://db.example/steward?ssl-mode=REQUIRED',
    DATABASE_TLS: 'on',
  });
  expect(mistakes).toEqual([
    expect.stringMatching(/^DATABASE_URL: .*"\?".*DATABASE_TLS/),
    expect.stringMatching(/^DATABASE_MIGRATION_URL: .*"\?".*DATABASE_TLS/),
    expect.stringMatching(/^DATABASE_TLS: /),
  ]);
});

it('takes a question mark in a password for what it is', () => {
  expect(tlsOf({ DATABASE_URL: 'mysql://steward:wh@t?@db.example/steward' })).toBeUndefined();
});

it('wants the name of the host where it is to be verified', () => {
  const byNumber = 'mysql://steward:secret@192.0.2.1:3306/steward';
  expect(tlsOf({ DATABASE_TLS: 'verify-ca', DATABASE_URL: byNumber })).toBeTypeOf('object');
  expect(tlsOf({ DATABASE_TLS: 'verify-full', DATABASE_URL: byNumber })).toEqual([
    expect.stringMatching(/^DATABASE_URL: must name the host/),
  ]);
  expect(tlsOf({ DATABASE_TLS: 'verify-full', DATABASE_MIGRATION_URL: 'mysql://192.0.2.1/steward' })).toEqual(
    [expect.stringMatching(/^DATABASE_MIGRATION_URL: must name the host/)],
  );
});
