import { describe, expect, it } from 'vitest';
import { features } from '#kernel';
import { AppModule } from '../apps/api/src/app.module.js';
import { errorsPage, modulesPage, settings, settingsPage } from './support/generated-docs.js';
import { forbiddenRelations, roomEntities, tableOf, unmarkedColumns } from './support/metadata.js';
import {
  allowedEdges,
  apps,
  clientLibrary,
  dependencyGraph,
  roomOfSpecifier,
  rooms,
  sourceFiles,
  type SourceFile,
} from './support/rooms.js';

AppModule.forRoot();
const files = sourceFiles();
const production = files.filter((file) => !file.isTest);

function violations(check: (file: SourceFile) => readonly string[], among = files): string[] {
  return among.flatMap((file) => check(file).map((message) => `${file.path}: ${message}`));
}

function matches(pattern: RegExp): (file: SourceFile) => string[] {
  return (file) =>
    file.text
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`line ${index + 1}: ${line.trim()}`] : []));
}

describe('the rooms', () => {
  it('are the ones that the design names', () => {
    const homes = new Set(files.map((file) => file.home));
    const known = new Set([
      ...rooms.map((room) => `libs/${room}`),
      ...apps.map((app) => `apps/${app}`),
      'test',
      'ormconfig.ts',
    ]);
    expect([...homes].filter((home) => !known.has(home))).toEqual([]);
  });

  it('lean only on the rooms below them', () => {
    const found = violations((file) =>
      file.imports.flatMap(({ specifier, line }) => {
        const target = roomOfSpecifier(specifier);
        if (target === undefined || file.room === undefined) return [];
        const allowed = target.room === file.room ? [] : (allowedEdges[file.room] ?? []);
        return allowed.includes(target.room) || isOwnTesting(file, specifier)
          ? []
          : [`line ${line}: ${file.room} may not import ${specifier}`];
      }),
    );
    expect(found).toEqual([]);
  });

  it('have no cycle', () => {
    expect(cycleIn(dependencyGraph(files))).toBeUndefined();
  });

  it('are entered by their name only, and their testing folder by tests only', () => {
    const found = violations((file) =>
      file.imports.flatMap(({ specifier, target, line }) => {
        const named = roomOfSpecifier(specifier);
        const deep = named?.inner !== undefined && !(named.inner === 'testing' && file.isTest);
        const outside = target !== undefined && homeOf(target) !== file.home && !isShared(file, target);
        return deep || outside ? [`line ${line}: deep import of ${specifier}`] : [];
      }),
    );
    expect(found).toEqual([]);
  });

  it('import their own files, never their own barrel', () => {
    const found = violations(
      (file) =>
        file.imports
          .filter(
            ({ target, specifier }) =>
              target === `${file.home}/src/index.js` || roomOfSpecifier(specifier)?.room === file.room,
          )
          .filter(({ specifier }) => !isOwnTesting(file, specifier))
          .map(({ line }) => `line ${line}: imports its own index`),
      files.filter((file) => file.room !== undefined && !file.path.endsWith('.spec.ts')),
    );
    expect(found).toEqual([]);
  });

  it('show at most 30 lines of explicit named exports', () => {
    const barrels = files.filter((file) => rooms.some((room) => file.path === `libs/${room}/src/index.ts`));
    const found = violations((file) => {
      const messages = [];
      const code = file.text.replace(/^\/\*\*[^]*?\*\/\n/, '');
      if (code.trimEnd().split('\n').length > 30) messages.push('more than 30 lines');
      if (file.room !== 'kernel' && /export\s+\*/.test(code)) messages.push('export * hides what is public');
      if (!file.text.startsWith('/**'))
        messages.push('does not begin with a doc comment that says what the room is for');
      return messages;
    }, barrels);
    expect(found).toEqual([]);
  });

  it('know nothing of the apps, and the client knows nothing of the rooms', () => {
    const found = violations((file) =>
      file.imports
        .filter(({ specifier, target }) => {
          const client = roomOfSpecifier(specifier)?.room === clientLibrary;
          return file.home.startsWith('libs/') && (client || target?.startsWith('apps/') === true);
        })
        .map(({ specifier, line }) => `line ${line}: ${specifier}`),
    );
    expect(found).toEqual([]);
  });
});

describe('the code', () => {
  it('reads process.env in *.config.ts only', () => {
    const found = violations(
      matches(
        /process\.env\b|process\[['"]env|\benv\b[^=]*\}\s*=\s*process\b|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*'(node:)?process'/,
      ),
      production.filter((file) => !file.path.endsWith('.config.ts')),
    );
    expect(found).toEqual([]);
  });

  it('never needs forwardRef', () => {
    expect(violations(matches(/\bforwardRef\b/), production)).toEqual([]);
  });

  it('uses the repositories of the kernel', () => {
    const found = violations(
      matches(/import[^;]*\bInject(Repository|DataSource|EntityManager)\b[^;]*@nestjs\/typeorm/),
      production.filter((file) => file.room !== 'kernel'),
    );
    expect(found).toEqual([]);
  });

  it('declares every event with its room, for a relay leaves undeclared ones to newer versions', () => {
    const declared = features().flatMap(({ events = [] }) => events.map(({ type }) => type));
    const written = production
      .filter(({ path }) => path.endsWith('.events.ts'))
      .flatMap(({ text }) => [...text.matchAll(/static readonly type = '([^']+)'/g)].map(([, type]) => type));
    expect(written.sort()).toEqual(declared.sort());
  });

  it('describes every setting in one line, and declares it once', () => {
    const all = settings();
    expect(all.filter(({ description }) => !/^[^\n]+[^\n.]$/.test(description ?? ''))).toEqual([]);
    expect(all.map(({ name }) => name)).toEqual([...new Set(all.map(({ name }) => name))]);
  });

  it('keeps every file under 400 lines', () => {
    expect(violations((file) => (file.lines > 400 ? [`${file.lines} lines`] : []))).toEqual([]);
  });
});

describe('the data', () => {
  it('is all registered', () => {
    const names = new Set(features().map(({ name }) => name.split('-')[0]));
    expect([...names].sort()).toEqual([...rooms].sort());
  });

  it('carries a mark on every column', () => {
    expect(unmarkedColumns()).toEqual([]);
  });

  it('is joined by no relation that leaves its room or cascades', () => {
    expect(forbiddenRelations()).toEqual([]);
  });

  it('lies in one table for each entity, named by its own room', () => {
    const tables = roomEntities().map(({ entity }) => tableOf(entity));
    expect(tables.filter((table, index) => tables.indexOf(table) !== index)).toEqual([]);
  });
});

describe('the generated pages', () => {
  it('docs/modules.md is fresh (npm run docs)', async () => {
    await expect(await modulesPage(files)).toMatchFileSnapshot('../docs/modules.md');
  });

  it('docs/settings.md is fresh (npm run docs)', async () => {
    await expect(await settingsPage()).toMatchFileSnapshot('../docs/settings.md');
  });

  it('docs/errors.md is fresh (npm run docs)', async () => {
    await expect(await errorsPage()).toMatchFileSnapshot('../docs/errors.md');
  });
});

function homeOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'libs' || top === 'apps' ? `${top}/${second}` : top;
}

/** A room's specs may use the room's own testing folder by its public name. */
function isOwnTesting(file: SourceFile, specifier: string): boolean {
  const target = roomOfSpecifier(specifier);
  return file.isTest && target?.room === file.room && target?.inner === 'testing';
}

/**
 * What is no room and may be reached from elsewhere: the application's module, how the API opens
 * it (for the other apps), and the helpers of the tests.
 */
function isShared(file: SourceFile, target: string): boolean {
  if (target === 'apps/api/src/app.module.js') return file.room === undefined;
  if (target.startsWith('apps/api/src/')) return file.home.startsWith('apps/');
  return file.isTest && ['test', 'scripts', 'apps/tour'].includes(homeOf(target));
}

function cycleIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  const done = new Set<string>();
  const walk = (node: string, path: readonly string[]): string | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node].join(' → ');
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = walk(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = walk(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
