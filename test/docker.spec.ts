import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { check } from 'prettier';
import { describe, expect, it } from 'vitest';
import { root } from './support/rooms.js';

// No Docker engine is needed here: these checks read the files. They cannot tell that an image builds.
const dockerfile = readFileSync(join(root, 'docker/Dockerfile'), 'utf8');
const compose = readFileSync(join(root, 'docker/compose.yaml'), 'utf8');
const instructions = dockerfile
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ name: line.split(' ')[0]!, rest: line.slice(line.indexOf(' ') + 1).trim() }));

describe('the Dockerfile', () => {
  it('uses known instructions only', () => {
    const known = ['FROM', 'RUN', 'WORKDIR', 'COPY', 'ENV', 'USER', 'VOLUME', 'EXPOSE', 'HEALTHCHECK', 'CMD'];
    expect(instructions.filter(({ name }) => !known.includes(name))).toEqual([]);
  });

  it('ends in a stage with production dependencies only, run by a user without rights', () => {
    const last = instructions.slice(instructions.map(({ name }) => name).lastIndexOf('FROM'));
    expect(dockerfile).toContain('npm prune --omit=dev');
    expect(last.find(({ name }) => name === 'USER')?.rest).toBe('node');
    expect(last.some(({ name }) => name === 'HEALTHCHECK')).toBe(true);
    expect(last.some(({ name, rest }) => name === 'RUN' && rest.includes('apt-get'))).toBe(false);
  });

  it('is built on the Node that speed is measured on', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const measured = /node@(\d+)/.exec(scripts['bench'] ?? '')?.[1];
    const bases = instructions.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(' ')[0]);
    expect(new Set(bases)).toEqual(new Set([`node:${measured}-bookworm-slim`]));
  });

  it('copies paths that exist and that .dockerignore lets through', () => {
    const ignore = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');
    const sources = instructions
      .filter(({ name, rest }) => name === 'COPY' && !rest.includes('--from'))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    expect(sources.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(sources.filter((path) => !ignore.includes(`!${path}`))).toEqual([]);
  });

  it('starts files that the build writes', () => {
    const entries = [...(dockerfile + compose).matchAll(/dist\/(apps\/\w+\/src\/main)\.js/g)].map(
      (match) => match[1]!,
    );
    expect(new Set(entries).size).toBe(3);
    expect(entries.filter((entry) => !existsSync(join(root, `${entry}.ts`)))).toEqual([]);
  });
});

describe('compose.yaml', () => {
  it('is well-formed YAML', async () => {
    expect(await check(compose, { parser: 'yaml', singleQuote: true, printWidth: 110 })).toBe(true);
  });

  it('declares every secret that a service mounts, and hands secrets over as files', () => {
    const declared = [...compose.matchAll(/^ {2}(\w+): \{ file: /gm)].map((match) => match[1]!);
    const used = [...compose.matchAll(/secrets: \[([^\]]+)\]/g)].flatMap((match) => match[1]!.split(', '));
    expect(declared.length).toBeGreaterThan(0);
    expect([...new Set(used)].sort()).toEqual([...declared].sort());
    expect(compose).not.toMatch(/(PASSWORD|KEYRING|DATABASE\w*_URL):/);
  });

  it('gives the application no right to drop, alter or touch triggers', () => {
    const users = readFileSync(join(root, 'docker/mysql/users.sh'), 'utf8');
    expect(/^GRANT (.*) ON steward\.\* TO 'steward'@/m.exec(users)?.[1]).toBe(
      'SELECT, INSERT, UPDATE, DELETE',
    );
    expect(compose).toContain('--log-bin-trust-function-creators=1');
  });
});

describe('the shell scripts', () => {
  it.each(['docker/secrets.sh', 'docker/mysql/users.sh', '.ci/run'])(
    '%s parses and is executable',
    (script) => {
      execFileSync('bash', ['-n', join(root, script)]);
      expect(statSync(join(root, script)).mode & 0o111).not.toBe(0);
    },
  );
});
