import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { auditConfig } from '../../audit.config.js';
import { newSigner } from '../../testing/test-log.js';
import { noteVerifier } from '../note/key.js';

const vkey = (name: string) =>
  noteVerifier(name, generateKeyPairSync('ed25519').publicKey, 'cosignature').vkey;
const parse = (text: string) => auditConfig.parse({ LOG_WITNESSES: text });
const [one, two] = [vkey('w1.example'), vkey('w2.example')];

it('reads the address and the key of each witness', () => {
  expect(parse(` https://w1.example/ ${one} ,\n\nhttp://localhost:8787/a/b  ${two}\n`)).toMatchObject({
    value: {
      witnesses: [
        { url: 'https://w1.example', key: { name: 'w1.example' } },
        { url: 'http://localhost:8787/a/b', key: { name: 'w2.example' } },
      ],
    },
  });
  expect(auditConfig.parse({})).toMatchObject({ value: { witnesses: [] } });
});

it('names everything that is wrong, each with its witness', () => {
  const text = [
    'https://w.example',
    `ftp://w.example ${one}`,
    `https://me@w.example ${one}`,
    `https://w.example?x ${two.replace('w2', 'w3')}`,
    `https://log.example ${newSigner('log.example').vkey}`,
  ];
  expect(parse(text.join('\n'))).toMatchObject({
    mistakes: [
      expect.stringMatching(/^LOG_WITNESSES: witness 1 .*an address and a verifier key/),
      expect.stringMatching(/^LOG_WITNESSES: witness 2 .*must be http/),
      expect.stringMatching(/witness 3 .*must be http/),
      expect.stringMatching(/witness 3 .*same name/),
      expect.stringMatching(/witness 4 .*must be http/),
      expect.stringMatching(/witness 4 .*does not belong to the key/),
      expect.stringMatching(/witness 5 .*that of a log/),
    ],
  });
  const many = Array.from({ length: 13 }, (_, n) => `https://w.example ${vkey(`w${n}.example`)}`);
  expect(parse(many.join(','))).toMatchObject({ mistakes: [expect.stringMatching(/13 witnesses; 12/)] });
});
