import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '#kernel';
import { generateKeyring, parseKeyring, type KeyringMaterial } from './keyring-material.js';

/** Name of the development keyring below `DATA_DIR`. */
export const KEYRING_FILE_NAME = 'keyring.json';

/**
 * Reads the development keyring of a data directory, or makes one where it may (mode 0600, marked as development).
 * Processes that start at the same time agree on one keyring, and a crash leaves none or a whole one:
 * the file is written aside and linked into place, which never overwrites.
 */
export function loadKeyringFile(dataDir: string, mayCreate = true): KeyringMaterial {
  const path = join(dataDir, KEYRING_FILE_NAME);
  const keyring = readKeyringFile(path);
  if (keyring !== undefined) return keyring;
  if (!mayCreate)
    throw new OperatorError(`There is no keyring: KEYRING is not set, and ${path} does not exist.`);
  return createKeyringFile(dataDir, path);
}

/**
 * Changes the keyring in a file: after a crash it is the old or the new one. The file keeps its owner and its mode.
 * @throws Error when the file is not there, cannot be replaced or holds no valid keyring.
 */
export function changeKeyringFile(
  file: string,
  change: (keyring: KeyringMaterial) => KeyringMaterial,
): KeyringMaterial {
  const path = realpathSync(file);
  const { uid, gid, mode } = statSync(path);
  const changed = change(parseKeyring(readFileSync(path, 'utf8')));
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeSecretFile(draft, `${JSON.stringify(changed, null, 2)}\n`);
    chownSync(draft, uid, gid);
    chmodSync(draft, mode & 0o777);
    renameSync(draft, path);
    syncDirectory(dirname(path));
  } finally {
    unlinkIfThere(draft);
  }
  return changed;
}

function createKeyringFile(dataDir: string, path: string): KeyringMaterial {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeSecretFile(draft, `${JSON.stringify(generateKeyring({ development: true }), null, 2)}\n`);
    linkSync(draft, path);
    syncDirectory(dataDir);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    unlinkIfThere(draft);
  }
  const keyring = readKeyringFile(path);
  if (!keyring) throw new Error(`The keyring ${path} vanished while it was being created.`);
  return keyring;
}

function readKeyringFile(path: string): KeyringMaterial | undefined {
  let json: string;
  try {
    json = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    return parseKeyring(json);
  } catch (error) {
    throw new OperatorError(
      `${path} cannot be used. ${error instanceof Error ? error.message : String(error)} ` +
        'Restore it from a backup: without its keys nobody reads what was sealed with them.',
    );
  }
}

function writeSecretFile(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
