import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashLeaf } from '../tree/hash.js';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import { cosigner, noteSigner, parseVkey } from './key.js';
import { addSignatures, signatureLine, signNote } from './note.js';
import { NoteError } from './text.js';

// A checkpoint of Go's checksum database.
const SUMDB_KEY = parseVkey('sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8');
const SUMDB = `go.sum database tree
35225469
vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=

— sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=
`;

// A checkpoint of a Certificate Transparency log, with the cosignatures of four public witnesses.
const ARCHE_KEY = parseVkey(
  'arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f',
);
const WITNESSES = [
  'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
  'transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM',
  'witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO',
  'witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv',
].map(parseVkey);
const ARCHE = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;

const root = hashLeaf(Buffer.from('leaf'));
const keyPair = () => generateKeyPairSync('ed25519');
const refusal = (work: () => unknown) => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof NoteError) return error.fault;
    throw error;
  }
};

describe('a checkpoint', () => {
  it('is written and read as the standard shows it', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20_852_163,
      root: Buffer.from('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'base64'),
    });
    expect(formatCheckpoint(checkpoint)).toBe(text);
  });

  it('keeps extension lines', () => {
    const text = `o\n0\n${root.toString('base64')}\nmore\nand more\n`;
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint.extensions).toEqual(['more', 'and more']);
    expect(formatCheckpoint(checkpoint)).toBe(text);
  });

  it.each([
    '',
    'o\n',
    'o\n1\n',
    `\n1\n${root.toString('base64')}\n`,
    `o\n1\n${root.toString('base64')}`,
    `o\n1\n${root.toString('base64')}\nextension`,
    `o\n1\n${root.toString('base64')}\n\n`,
    `o\n1\n${root.toString('base64')}\n\nextension\n`,
    `o\n01\n${root.toString('base64')}\n`,
    `o\n-1\n${root.toString('base64')}\n`,
    `o\n+1\n${root.toString('base64')}\n`,
    `o\n1.0\n${root.toString('base64')}\n`,
    `o\n0x1\n${root.toString('base64')}\n`,
    `o\n\n${root.toString('base64')}\n`,
    `o\n9007199254740992\n${root.toString('base64')}\n`,
    `o\n1\n${root.toString('base64url')}\n`,
    `o\n1\n${root.toString('hex')}\n`,
    `o\n1\n${root.subarray(1).toString('base64')}\n`,
    `o\n1\n${Buffer.concat([root, root]).toString('base64')}\n`,
    `o\n1\n ${root.toString('base64')}\n`,
  ])('is refused: %j', (text) => {
    expect(refusal(() => parseCheckpoint(text))).toBe('malformed');
  });

  it('is not written with a form that cannot be read', () => {
    expect(refusal(() => formatCheckpoint({ origin: '', size: 0, root }))).toBe('malformed');
    expect(refusal(() => formatCheckpoint({ origin: 'a\nb', size: 0, root }))).toBe('malformed');
    expect(refusal(() => formatCheckpoint({ origin: 'a', size: 0, root, extensions: [''] }))).toBe(
      'malformed',
    );
    expect(refusal(() => formatCheckpoint({ origin: 'a', size: 0, root: root.subarray(1) }))).toBe(
      'malformed',
    );
    expect(() => formatCheckpoint({ origin: 'a', size: -1, root })).toThrow(RangeError);
  });
});

describe('a signed checkpoint', () => {
  it("of Go's checksum database is verified", () => {
    const trusted = { logKeys: [SUMDB_KEY], origin: 'go.sum database tree' };
    expect(openCheckpoint(SUMDB, trusted).checkpoint.size).toBe(35_225_469);
    expect(refusal(() => openCheckpoint(SUMDB.replace('469', '468'), trusted))).toBe('bad-signature');
    expect(refusal(() => openCheckpoint(SUMDB, { ...trusted, origin: 'another log' }))).toBe('unsigned');
    // Its key's name is not its origin; without an expected origin that is not enough.
    expect(refusal(() => openCheckpoint(SUMDB, { logKeys: [SUMDB_KEY] }))).toBe('unsigned');
  });

  it('of a Certificate Transparency log is verified with the cosignatures of its witnesses', () => {
    const opened = openCheckpoint(ARCHE, { logKeys: [ARCHE_KEY], witnessKeys: WITNESSES });
    expect(opened.logSignatures.map(({ keyId }) => keyId)).toEqual(['ba2f06c0']);
    expect(opened.cosignatures.map(({ key, timestamp }) => [key.name, timestamp])).toEqual(
      [WITNESSES[1]!, WITNESSES[2]!, WITNESSES[0]!, WITNESSES[3]!].map(({ name }) => [name, 1_779_573_024]),
    );
  });

  it('needs a key of the log, not only witnesses', () => {
    const trusted = { logKeys: [SUMDB_KEY], witnessKeys: WITNESSES };
    expect(refusal(() => openCheckpoint(ARCHE, trusted))).toBe('unsigned');
    const origin = 'arche2025h1.staging.ct.transparency.dev';
    expect(refusal(() => openCheckpoint(ARCHE, { ...trusted, origin }))).toBe('unsigned');
  });

  it('is refused when a cosignature of a known witness is wrong or its time was changed', () => {
    const trusted = { logKeys: [ARCHE_KEY], witnessKeys: WITNESSES };
    const later = ARCHE.replace('2net5wAAAABqEiEg', '2net5wAAAABqEiEh');
    expect(refusal(() => openCheckpoint(later, trusted))).toBe('bad-signature');
    expect(openCheckpoint(later, { logKeys: [ARCHE_KEY] }).cosignatures).toEqual([]);
  });

  it('carries the signatures of the old and the new key while the key is replaced', () => {
    const [former, next] = [keyPair(), keyPair()].map(({ privateKey }) => noteSigner('log', privateKey));
    const signed = signCheckpoint({ origin: 'log', size: 1, root }, [former!, next!]);
    for (const signer of [former!, next!]) {
      const key = parseVkey(signer.vkey);
      expect(openCheckpoint(signed, { logKeys: [key] }).logSignatures.map(({ keyId }) => keyId)).toEqual([
        key.id,
      ]);
    }
    const both = [former!, next!].map(({ vkey }) => parseVkey(vkey));
    expect(openCheckpoint(signed, { logKeys: both }).logSignatures).toHaveLength(2);
  });

  it('gets a cosignature, which covers extension lines and the time', () => {
    const { privateKey } = keyPair();
    const log = noteSigner('log', keyPair().privateKey);
    const witness = cosigner('witness', privateKey, () => 1_679_315_147.9);
    const text = formatCheckpoint({ origin: 'log', size: 1, root, extensions: ['more'] });
    const signed = addSignatures(signNote(text, [log]), [signatureLine(text, witness)]);
    const trusted = { logKeys: [parseVkey(log.vkey)], witnessKeys: [parseVkey(witness.vkey)] };
    expect(openCheckpoint(signed, trusted).cosignatures[0]).toMatchObject({
      name: 'witness',
      timestamp: 1_679_315_147,
    });
    const other = addSignatures(signNote(text.replace('more', 'less'), [log]), [
      signatureLine(text, witness),
    ]);
    expect(refusal(() => openCheckpoint(other, trusted))).toBe('bad-signature');
  });

  it('is not cosigned by an ordinary signature of the witness key', () => {
    const { privateKey } = keyPair();
    const log = noteSigner('log', keyPair().privateKey);
    const witness = cosigner('w', privateKey, () => 1);
    const text = formatCheckpoint({ origin: 'log', size: 1, root });
    const plain = { ...witness, sign: (note: string) => noteSigner('w', privateKey).sign(note) };
    const signed = addSignatures(signNote(text, [log]), [signatureLine(text, plain)]);
    const trusted = { logKeys: [parseVkey(log.vkey)], witnessKeys: [parseVkey(witness.vkey)] };
    expect(refusal(() => openCheckpoint(signed, trusted))).toBe('bad-signature');
  });
});
