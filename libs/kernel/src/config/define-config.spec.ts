import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineConfig, loadConfigs } from './define-config.js';

const mail = defineConfig('mail', { MAIL_URL: z.url(), MAIL_FROM: z.string() }, (env) => ({
  url: env.MAIL_URL,
}));
const web = defineConfig('web', { PORT: z.coerce.number().int().max(65_535) }, (env) => {
  if (env.PORT === 666) throw new Error('PORT: not this one');
  return { port: env.PORT };
});

it('lists every mistake of every room at once', () => {
  const load = () => loadConfigs([mail, web], { MAIL_URL: 'nonsense', PORT: 'eighty' });
  expect(load).toThrow(/3 mistake\(s\)[^]*MAIL_URL[^]*MAIL_FROM[^]*PORT/);
});

it('reads a secret from the file that NAME_FILE points to', () => {
  const directory = mkdtempSync(join(tmpdir(), 'steward-config-'));
  const path = join(directory, 'secret');
  writeFileSync(path, 'smtp://localhost:25\n');
  const values = loadConfigs([mail], { MAIL_URL_FILE: path, MAIL_FROM: 'a' });
  expect(values.get(mail.token)).toEqual({ url: 'smtp://localhost:25' });
  rmSync(directory, { recursive: true });
  expect(() => loadConfigs([mail], { MAIL_URL_FILE: path, MAIL_FROM: 'a' })).toThrow('cannot be read');
});

it('reports what the room itself finds wrong', () => {
  expect(() => loadConfigs([web], { PORT: '666' })).toThrow('PORT: not this one');
});
