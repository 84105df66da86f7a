import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../support/rooms.js';

interface Keyring {
  readonly logKeys: readonly { readonly privateKey: { readonly d: string } }[];
}

const steward = async (...args: string[]): Promise<string> => {
  const command = ['dist/apps/cli/src/main.js', ...args];
  return (await promisify(execFile)(process.execPath, command, { cwd: root })).stdout;
};

describe('the keys of an installation', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steward-keys-'));
    file = join(folder, 'keyring.json');
    await writeFile(file, await steward('keys:generate'));
    await chmod(file, 0o640);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const keyring = async () => JSON.parse(await readFile(file, 'utf8')) as Keyring;

  it('turn with overlap: the log gets a new key, and loses the old one when it is told', async () => {
    const before = await keyring();
    expect(await steward('keys:rotate', 'log', '--file', file)).toMatch(/^The log has 2 keys/);
    const between = await keyring();
    expect(between).toEqual({ ...before, logKeys: [between.logKeys[0], before.logKeys[0]] });
    expect(between.logKeys[0]).not.toEqual(before.logKeys[0]);

    expect(await steward('keys:rotate', 'log', '--file', file, '--finish')).toMatch(/^The log has one key/);
    expect(await keyring()).toEqual({ ...before, logKeys: [between.logKeys[0]] });
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(['keyring.json']);
  });

  it('are left alone when the file holds something else', async () => {
    await writeFile(file, '{"format":"other"}');
    await expect(steward('keys:rotate', 'log', '--file', file)).rejects.toThrow(
      /keyring\.json was not changed\. The keyring is not valid: [^\n]+\n$/,
    );
    expect(await readFile(file, 'utf8')).toBe('{"format":"other"}');
    await expect(steward('keys:rotate', 'access', '--file', file)).rejects.toThrow(/Allowed choices are log/);
    await expect(steward('keys:rotate', 'log')).rejects.toThrow(/--file/);
  });
});
