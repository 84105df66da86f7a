import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sign, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KEYRING_FILE_NAME, loadKeyringFile } from './keyring-file.js';
import { generateKeyring, parseKeyring } from './keyring-material.js';
import { Keyring } from './keyring.js';

describe('the keyring', () => {
  it('survives a round trip through JSON with the same keys', () => {
    const material = generateKeyring();
    const one = new Keyring(material);
    const two = new Keyring(parseKeyring(JSON.stringify(material)));
    expect(one.currentEpoch.key.equals(two.currentEpoch.key)).toBe(true);
    expect(one.hmac('verify-email', 'reg_1')).toEqual(two.hmac('verify-email', 'reg_1'));
  });

  it('wraps with the newest epoch, keeps older ones, and names one that is missing', () => {
    const material = generateKeyring();
    const [first] = material.keyEncryptionKeys;
    const keyring = new Keyring({
      ...material,
      keyEncryptionKeys: [first!, { epoch: 7, key: generateKeyring().keyEncryptionKeys[0]!.key }],
    });
    expect(keyring.currentEpoch.epoch).toBe(7);
    expect(keyring.epoch(1).epoch).toBe(1);
    expect(() => keyring.epoch(2)).toThrow('epoch 2');
  });

  it('gives each purpose its own MAC key', () => {
    const keyring = new Keyring(generateKeyring());
    expect(keyring.hmac('verify-email', 'x').equals(keyring.hmac('reset-password', 'x'))).toBe(false);
  });

  it('signs with the first signing key', () => {
    const keyring = new Keyring(generateKeyring());
    const [key] = keyring.signingKeys();
    const signature = sign('sha256', Buffer.from('data'), key!.privateKey);
    expect(verify('sha256', Buffer.from('data'), key!.publicKey, signature)).toBe(true);
    expect(key!.kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('shows no key to an inspector or to JSON', () => {
    const material = generateKeyring();
    const keyring = new Keyring(material);
    const shown = inspect(keyring, { depth: 9, showHidden: true }) + JSON.stringify(keyring);
    expect(shown).not.toContain(material.macKeys[0]);
    expect(shown).not.toContain(material.signingKeys[0]!.privateKey.d);
  });

  it('names every fault of a bad keyring and repeats no key', () => {
    const material = generateKeyring();
    const bad = {
      ...material,
      macKeys: ['short-secret'],
      blindIndexKeys: [...material.blindIndexKeys, ...material.blindIndexKeys],
      extra: true,
    };
    const parse = () => parseKeyring(JSON.stringify(bad));
    expect(parse).toThrow(/macKeys\.0/);
    expect(parse).toThrow(/blindIndexKeys: two keys have the same version/);
    expect(parse).toThrow(/extra/);
    expect(parse).not.toThrow(/short-secret/);
    expect(() => parseKeyring('{')).toThrow('not valid JSON');
  });
});

describe('the development keyring file', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'steward-keyring-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('is made once, readable by its owner only, marked as development, and found again', () => {
    const directory = join(dataDir, 'not', 'there', 'yet');
    const made = loadKeyringFile(directory);
    const path = join(directory, KEYRING_FILE_NAME);
    expect(made.development).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadKeyringFile(directory)).toEqual(made);
    expect(readdirSync(directory)).toEqual([KEYRING_FILE_NAME]);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(made);
  });
});
