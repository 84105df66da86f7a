import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { root } from '../support/rooms.js';
import { type Block, patched } from './document.js';

const left = new Set(['node_modules', 'dist', '.git', '.data', 'coverage']);

/** A copy of the repository in the system's temporary directory, where a test may change what it likes. */
export class CopiedRepository {
  readonly root = mkdtempSync(join(realpathSync(tmpdir()), 'steward-copy-'));

  constructor() {
    cpSync(root, this.root, { recursive: true, filter: (path) => !left.has(relative(root, path)) });
    symlinkSync(realpathSync(join(root, 'node_modules')), join(this.root, 'node_modules'));
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  /** Does what a developer does with the blocks of a page: new files are written, changes are made. */
  follow(blocks: readonly Block[]): void {
    for (const block of blocks) {
      if (block.language === 'ts') this.write(block.title, block.text);
      if (block.language === 'diff') this.write(block.title, patched(this.read(block.title), block));
    }
  }

  /** Runs a program of the copy; gives its exit code and all that it printed. */
  run(script: string, args: readonly string[]): { code: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(this.root, script), ...args], {
      cwd: this.root,
      env: environment(),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    return { code: status, output: stdout + stderr };
  }

  /** Starts a program of the copy and leaves it running. */
  start(script: string, settings: Readonly<Record<string, string>>) {
    return spawn(process.execPath, [join(this.root, script)], {
      cwd: this.root,
      env: { ...environment(), ...settings },
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Without what tells a process that it runs inside a test. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$|STEWARD_TEST_REPORT$)/.test(name),
    ),
  );
}
