import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosigner, noteSigner, noteVerifier, parseVkey } from './key.js';
import { addSignatures, openNote, parseNote, signatureLine, signNote } from './note.js';
import { NoteError, type NoteFault } from './text.js';

// The keys and notes of the tests of Go's golang.org/x/mod/sumdb/note.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETER_PRIVATE = 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const ENOCH_LINE =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';
const peter = parseVkey(PETER);
const enoch = parseVkey(ENOCH);

const fault = (work: () => unknown): NoteFault | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof NoteError) return error.fault;
    throw error;
  }
};

/** An Ed25519 private key as Go writes it: the type, then the seed. */
function keyOf(typeAndSeed: string) {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({
    key: Buffer.concat([prefix, Buffer.from(typeAndSeed, 'base64').subarray(1)]),
    format: 'der',
    type: 'pkcs8',
  });
}

const fresh = () => generateKeyPairSync('ed25519');

describe('a verifier key', () => {
  it.each([
    PETER,
    ENOCH,
    'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
    'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2',
  ])('is read and written back: %s', (vkey) => {
    expect(parseVkey(vkey).vkey).toBe(vkey);
  });

  it('says of what kind its signatures are', () => {
    expect(parseVkey(PETER).kind).toBe('ed25519');
    expect(parseVkey('remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2').kind).toBe(
      'cosignature',
    );
  });

  it('is refused when any part of it is missing or any byte is changed', () => {
    for (let start = 0; start <= PETER.length; start++) {
      for (let end = start; end <= PETER.length; end++) {
        if (start > 0 || end < PETER.length) {
          expect(fault(() => parseVkey(PETER.slice(start, end)))).toBe('malformed');
        }
      }
    }
    for (const [at, char] of [...PETER].entries()) {
      const other = String.fromCharCode(char.charCodeAt(0) + 1);
      expect(fault(() => parseVkey(PETER.slice(0, at) + other + PETER.slice(at + 1)))).toBe('malformed');
    }
  });

  it.each([
    'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
    'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    PETER.toUpperCase(),
    `${PETER}\n`,
    ` ${PETER}`,
  ])('is refused: %j', (vkey) => {
    expect(fault(() => parseVkey(vkey))).toBe('malformed');
  });

  it('belongs to an Ed25519 key with a name that fits a signature line', () => {
    const { publicKey } = fresh();
    for (const name of ['', 'a b', 'a+b', 'a\u0085b', 'a\u2003b', 'a\nb', 'a\tb', 'a\ud800']) {
      expect(fault(() => noteVerifier(name, publicKey))).toBe('malformed');
    }
    const { publicKey: elliptic } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => noteVerifier('name', elliptic)).toThrow(TypeError);
  });
});

describe('a signed note', () => {
  it('is signed as others sign it', () => {
    expect(signNote(TEXT, [noteSigner('PeterNeumann', keyOf(PETER_PRIVATE))])).toBe(`${TEXT}\n${PETER_LINE}`);
  });

  it('is verified as others verify it', () => {
    const signed = `${TEXT}\n${PETER_LINE}${ENOCH_LINE}`;
    const one = openNote(signed, [peter]);
    expect(one.text).toBe(TEXT);
    expect(one.verified.map(({ key }) => key)).toEqual([peter]);
    expect(one.unknown.map(({ line }) => line)).toEqual([ENOCH_LINE]);
    expect(openNote(Buffer.from(signed), [enoch, peter]).verified.map(({ line }) => line)).toEqual([
      PETER_LINE,
      ENOCH_LINE,
    ]);
    expect(fault(() => openNote(signed, []))).toBe('unsigned');
  });

  it('verifies the example of the standard, whose text has empty lines in another', () => {
    const example =
      'This is an example message.\n\n' +
      '— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    const key = parseVkey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
    expect(openNote(example, [key]).text).toBe('This is an example message.\n');
    const poem =
      'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n' +
      '— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n';
    expect(parseNote(poem).text.endsWith('\n\ned è subito sera.\n')).toBe(true);
    expect(parseNote(poem).signatures.map(({ name, keyId }) => [name, keyId])).toEqual([
      ['quasimodo.example/salvatore', '367ba04b'],
    ]);
  });

  it.each([
    TEXT,
    `${TEXT}\n`,
    `${TEXT}\n${PETER_LINE.trimEnd()}`,
    `\u0001${TEXT}\n${PETER_LINE}`,
    `${TEXT}\t\n\n${PETER_LINE}`,
    `${TEXT}\r\n\n${PETER_LINE}`,
    `\ud800${TEXT}\n${PETER_LINE}`,
    Buffer.concat([Buffer.of(0xff), Buffer.from(`${TEXT}\n${PETER_LINE}`)]),
    `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Bad Name')}`,
    `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Bad+Name')}`,
    `${TEXT}\n${PETER_LINE.replace('—', '-')}`,
    `${TEXT}\n${PETER_LINE.replace('nAM=', 'nAN=')}`,
    `${TEXT}\n${PETER_LINE.replace('=', '')}`,
    `${TEXT}\n— PeterNeumann x08goA==\n`,
    `${TEXT}\n${PETER_LINE.replace('=', '= more')}`,
    `${TEXT}\n${PETER_LINE}Unexpected line.\n`,
    `${TEXT}\n${PETER_LINE.repeat(101)}`,
    `${'a'.repeat(1_000_000)}\n\n${PETER_LINE}`,
    '',
  ])('is malformed: case %#', (signed) => {
    expect(fault(() => openNote(signed, [peter]))).toBe('malformed');
    expect(fault(() => parseNote(signed))).toBe('malformed');
  });

  it('keeps a byte order mark, which is signed like any character', () => {
    const signer = noteSigner('PeterNeumann', keyOf(PETER_PRIVATE));
    const signed = Buffer.from(signNote('\ufeffmarked\n', [signer]));
    expect(openNote(signed, [peter]).text).toBe('\ufeffmarked\n');
  });

  it('takes a hundred signatures, and one for each key', () => {
    const { verified, unknown } = openNote(`${TEXT}\n${PETER_LINE.repeat(99)}${ENOCH_LINE}`, [peter]);
    expect([verified.length, unknown.length]).toEqual([1, 1]);
  });

  it('is refused when a known key signed it wrongly, even if another signed it rightly', () => {
    const { privateKey } = fresh();
    const other = signNote('another text\n', [noteSigner('other', privateKey)]).split('\n\n')[1]!;
    const key = noteVerifier('other', fresh().publicKey);
    const known = parseVkey(noteSigner('other', privateKey).vkey);
    expect(fault(() => openNote(`${TEXT}\n${PETER_LINE}${other}`, [peter, known]))).toBe('bad-signature');
    expect(openNote(`${TEXT}\n${PETER_LINE}${other}`, [peter, key]).verified).toHaveLength(1);
    expect(fault(() => openNote(`${TEXT}\n${PETER_LINE}${PETER_LINE.replace('/ZJ', '/ZK')}`, [peter]))).toBe(
      'bad-signature',
    );
  });

  it('ignores a signature that shares only its name, or only its id, with a known key', () => {
    for (const [from, to] of [
      ['PeterNeumann', 'CarmenSandiego'],
      ['x08g', 'xxxx'],
    ] as const) {
      const signed = `${TEXT}\n${PETER_LINE.replace(from, to)}`;
      expect(fault(() => openNote(signed, [peter]))).toBe('unsigned');
    }
  });

  it('is refused when any bit of it is turned', () => {
    const signed = Buffer.from(`${TEXT}\n${PETER_LINE}`);
    fc.assert(
      fc.property(fc.nat(signed.length * 8 - 1), (bit) => {
        const turned = Buffer.from(signed);
        turned[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
        expect(fault(() => openNote(turned, [peter]))).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('gets further signatures, one for each key', () => {
    const signed = addSignatures(`${TEXT}\n${PETER_LINE}`, [ENOCH_LINE]);
    expect(signed).toBe(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`);
    expect(addSignatures(signed, [ENOCH_LINE, PETER_LINE])).toBe(signed);
    const { privateKey } = fresh();
    const at = (time: number) =>
      signatureLine(
        TEXT,
        cosigner('w', privateKey, () => time),
      );
    expect(addSignatures(addSignatures(signed, [at(1)]), [at(2)])).toBe(`${signed}${at(2)}`);
  });

  it('is not made of what nobody could verify', () => {
    const signer = noteSigner('n', fresh().privateKey);
    expect(fault(() => signNote('no newline', [signer]))).toBe('malformed');
    expect(fault(() => signNote('control\u0007\n', [signer]))).toBe('malformed');
    expect(fault(() => signNote('text\n', []))).toBe('unsigned');
  });

  it('verifies whatever is signed', () => {
    const { privateKey, publicKey } = fresh();
    const signer = noteSigner('any', privateKey);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (words) => {
        const text = `${words.replace(/\p{Cc}/gu, '\n')}\n`;
        expect(openNote(signNote(text, [signer]), [noteVerifier('any', publicKey)]).text).toBe(text);
      }),
    );
  });
});
