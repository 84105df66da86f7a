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

it('refuses a setting that is given both ways, for one of them would be ignored', () => {
  const both = { MAIL_URL: 'smtp://localhost:25', MAIL_URL_FILE: '/run/secrets/mail_url', MAIL_FROM: 'a' };
  expect(mail.parse(both)).toEqual({
    mistakes: expect.arrayContaining(['MAIL_URL: is set, and so is MAIL_URL_FILE; one of them has to go']),
  });
  expect(mail.parse({ ...both, MAIL_URL_FILE: '' })).toHaveProperty('value');
});

it('lists what production needs with all other mistakes, and lets development do without', () => {
  const shop = defineConfig(
    'shop',
    {
      NAME: z.string().default('Shop').meta({ productionNeeds: 'a name' }),
      SIZE: z.coerce.number().default(1),
    },
    (env, production) => ({ ...env, production }),
  );
  expect(shop.parse({})).toEqual({ value: { NAME: 'Shop', SIZE: 1, production: false } });
  expect(shop.parse({ NODE_ENV: 'production', SIZE: 'big' })).toEqual({
    mistakes: ['NAME: production needs a name', expect.stringMatching(/^SIZE: /)],
  });
  expect(shop.parse({ NODE_ENV: 'production', NAME: 'Corner' })).toEqual({
    value: { NAME: 'Corner', SIZE: 1, production: true },
  });
});

it('reports what the room itself finds wrong', () => {
  expect(() => loadConfigs([web], { PORT: '666' })).toThrow('PORT: not this one');
});
