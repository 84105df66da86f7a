import { describe, expect, it } from 'vitest';
import { generateKeyring } from './keyring/keyring-material.js';
import { vaultConfig } from './vault.config.js';

const parse = (environment: Record<string, string>) => vaultConfig.parse(environment);

describe('the settings of the vault', () => {
  it('need no keyring in development', () => {
    expect(parse({})).toMatchObject({ value: { keyring: undefined, keyCacheMs: 60_000 } });
  });

  it('demand one in production', () => {
    expect(parse({ NODE_ENV: 'production' })).toMatchObject({
      mistakes: [expect.stringContaining('KEYRING:')],
    });
  });

  it('refuse a development keyring in production, and take a proper one', () => {
    const development = JSON.stringify(generateKeyring({ development: true }));
    expect(parse({ NODE_ENV: 'production', KEYRING: development })).toMatchObject({
      mistakes: [expect.stringContaining('development keyring')],
    });
    expect(parse({ NODE_ENV: 'production', KEYRING: JSON.stringify(generateKeyring()) })).toHaveProperty(
      'value',
    );
  });

  it('name a broken keyring without repeating it', () => {
    const result = parse({ KEYRING: '{"macKeys":["hunter2"]}' });
    expect(result).toMatchObject({ mistakes: [expect.stringMatching(/^KEYRING: .*macKeys/)] });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});
