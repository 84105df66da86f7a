import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Who may lean on whom: `kernel ← vault ← audit ← privacy ← users ← auth`; `kernel, audit ← ledger ← payments`, which
 * also uses vault and privacy's ports. A room may use everything below it in its chain.
 */
export const allowedEdges: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  vault: ['kernel'],
  audit: ['kernel', 'vault'],
  privacy: ['kernel', 'vault', 'audit'],
  users: ['kernel', 'vault', 'audit', 'privacy'],
  auth: ['kernel', 'vault', 'audit', 'privacy', 'users'],
  ledger: ['kernel', 'audit'],
  payments: ['kernel', 'audit', 'ledger', 'vault', 'privacy'],
};

/** The generated HTTP client stands outside the server: no room imports it, and it imports no room. */
export const clientLibrary = 'client';

export const rooms = Object.keys(allowedEdges);
export const apps = ['api', 'worker', 'cli', 'tour'];

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** The file that a relative import names. */
  readonly target?: string;
}

export interface SourceFile {
  /** Path from the root, with forward slashes. */
  readonly path: string;
  /** `libs/vault`, `apps/api`, `test`, … */
  readonly home: string;
  readonly room?: string;
  readonly isTest: boolean;
  readonly text: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

/** Every TypeScript file of the repository but the generated ones. */
export function sourceFiles(): SourceFile[] {
  return ['apps', 'libs', 'test', 'ormconfig.ts']
    .flatMap((entry) => [...typescriptFiles(join(root, entry))])
    .filter((file) => !toPath(file).startsWith(`libs/${clientLibrary}/`))
    .map(read);
}

function* typescriptFiles(path: string): Generator<string> {
  if (!existsSync(path)) return;
  if (path.endsWith('.ts')) {
    yield path;
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) yield* typescriptFiles(child);
    else if (entry.name.endsWith('.ts')) yield child;
  }
}

function toPath(file: string): string {
  return relative(root, file).split(sep).join('/');
}

function read(file: string): SourceFile {
  const text = readFileSync(file, 'utf8');
  const path = toPath(file);
  const [top = '', second = ''] = path.split('/');
  const home = top === 'libs' || top === 'apps' ? `${top}/${second}` : top;
  return {
    path,
    home,
    ...(top === 'libs' ? { room: second } : {}),
    isTest: path.endsWith('.spec.ts') || path.includes('/testing/') || top === 'test',
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: importsOf(file, text),
  };
}

function importsOf(file: string, text: string): Import[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const literal = moduleLiteral(node);
    if (literal !== undefined) {
      const specifier = literal.text;
      const line = source.getLineAndCharacterOfPosition(literal.getStart()).line + 1;
      const target = specifier.startsWith('.') ? toPath(resolve(dirname(file), specifier)) : undefined;
      found.push({ specifier, line, ...(target === undefined ? {} : { target }) });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The string of `import … from`, `export … from`, `import('…')` and `import('…').Type`. */
function moduleLiteral(node: ts.Node): ts.StringLiteral | undefined {
  let candidate: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) candidate = node.moduleSpecifier;
  else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
    candidate = node.argument.literal;
  else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    candidate = node.arguments[0];
  return candidate !== undefined && ts.isStringLiteral(candidate) ? candidate : undefined;
}

/** The room that `#vault` or `#vault/testing` names, with the part after the slash. */
export function roomOfSpecifier(specifier: string): { room: string; inner?: string } | undefined {
  const match = /^#([^/]+)(?:\/(.+))?$/.exec(specifier);
  if (match === null || match[1] === undefined) return undefined;
  return { room: match[1], ...(match[2] === undefined ? {} : { inner: match[2] }) };
}

/** Which rooms each room imports, specs left out: the graph that is drawn. */
export function dependencyGraph(files: readonly SourceFile[]): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const file of files) {
    if (file.isTest || !(file.home.startsWith('libs/') || file.home.startsWith('apps/'))) continue;
    const edges = graph.get(file.home) ?? new Set<string>();
    graph.set(file.home, edges);
    for (const { specifier, target } of file.imports) {
      const named = roomOfSpecifier(specifier);
      if (named !== undefined) edges.add(`libs/${named.room}`);
      const app = /^apps\/[^/]+/.exec(target ?? '')?.[0];
      if (app !== undefined && app !== file.home) edges.add(app);
    }
  }
  return graph;
}
