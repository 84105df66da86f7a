import { spawn } from 'node:child_process';
import { once } from 'node:events';
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
import ts from 'typescript';
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
  async run(script: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
    const child = spawn(process.execPath, [join(this.root, script), ...args], {
      cwd: this.root,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (output += data.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  /** Leaves one line out of a source file and compiles that file anew; gives what puts it back. */
  leaveOut(line: string, path: string): () => void {
    const compiled = `dist/${path.replace(/\.ts$/, '.js')}`;
    const before = this.read(compiled);
    const lines = this.read(path).split('\n');
    const index = lines.findIndex((each) => each.trim() === line);
    if (index < 0) throw new Error(`${path} has no line ${line}`);
    const { compilerOptions } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config as {
      compilerOptions: object;
    };
    const options = ts.convertCompilerOptionsFromJson(compilerOptions, root).options;
    const { outputText } = ts.transpileModule(lines.toSpliced(index, 1).join('\n'), {
      fileName: join(this.root, path),
      // What a single file is a module of cannot be seen, and the package is ESM.
      compilerOptions: { ...options, module: ts.ModuleKind.ESNext, sourceMap: false },
    });
    this.write(compiled, outputText);
    return () => this.write(compiled, before);
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
