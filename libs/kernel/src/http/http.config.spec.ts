import { expect, it } from 'vitest';
import { httpConfig } from './http.config.js';

it('lets links in mails lead to the server itself, wherever it listens, until they are told where to lead', () => {
  const appUrl = (environment: Record<string, string>) => httpConfig.parse(environment);
  expect(appUrl({ PORT: '4000' })).toHaveProperty('value.appUrl', 'http://localhost:4000');
  expect(appUrl({ PORT: '4000', APP_URL: 'https://shop.example/' })).toHaveProperty(
    'value.appUrl',
    'https://shop.example',
  );
});
