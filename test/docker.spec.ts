import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from 'prettier';
import { describe, expect, it } from 'vitest';
import { root } from './support/rooms.js';

// No Docker engine is needed here: these checks read the files. They cannot tell that an image builds.
const dockerfile = readFileSync(join(root, 'docker/Dockerfile'), 'utf8');
const compose = readFileSync(join(root, 'docker/compose.yaml'), 'utf8');
const DECLARED = /^ {2}(\w+): \{ file: /gm;
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
    expect(last.find(({ rest }) => rest.includes('package.json'))?.rest).toContain('--chmod=0644');
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
    const declared = [...compose.matchAll(DECLARED)].map((match) => match[1]!);
    const used = [...compose.matchAll(/secrets: \[([^\]]+)\]/g)].flatMap((match) => match[1]!.split(', '));
    expect(declared.length).toBeGreaterThan(0);
    expect([...new Set(used)].sort()).toEqual([...declared].sort());
    expect(compose).not.toMatch(/(PASSWORD|KEYRING|DATABASE\w*_URL):/);
  });

  it('asks for what mails cannot do without, and lets docker/.env, which is not committed, hold every setting', () => {
    for (const name of ['APP_URL', 'MAIL_FROM', 'MAIL_URL', 'ADMIN_EMAIL'])
      expect(compose).toMatch(new RegExp(`^ +${name}: \\$\\{${name}:\\?`, 'm'));
    expect(compose).toContain('env_file: [{ path: .env, required: false }]');
    expect(readFileSync(join(root, '.gitignore'), 'utf8').split('\n')).toContain('docker/.env');
    // What docker/.env says of the port is about the host; the health check asks the one inside.
    expect(compose).toMatch(/^ +PORT: '3000'$/m);
  });

  it('lets every process of ours be told to stop from its first moment', () => {
    expect(/^x-steward:[^]*?\n\n/m.exec(compose)?.[0]).toContain('  init: true\n');
  });

  it('gives the application no right to drop, alter or touch triggers', () => {
    const users = readFileSync(join(root, 'docker/mysql/users.sh'), 'utf8');
    expect(/^GRANT (.*) ON steward\.\* TO 'steward'@/m.exec(users)?.[1]).toBe(
      'SELECT, INSERT, UPDATE, DELETE',
    );
    expect(compose).toContain('--log-bin-trust-function-creators=1');
  });

  it('makes the users of the database again where they are there already', () => {
    const users = readFileSync(join(root, 'docker/mysql/users.sh'), 'utf8');
    const names = (statement: string) =>
      [...users.matchAll(new RegExp(`^${statement} ('\\w+'@'%')`, 'gm'))].map(([, name]) => name);
    expect(users).not.toMatch(/CREATE USER (?!IF NOT EXISTS)/);
    expect(names('CREATE USER IF NOT EXISTS')).toHaveLength(2);
    expect(names('ALTER USER')).toEqual(names('CREATE USER IF NOT EXISTS'));
  });

  it('leaves no volume without a name behind', () => {
    const ours = compose.split(/^(?= {2}\w+:$)/m).filter((service) => service.includes('<<: *steward'));
    expect(ours).toHaveLength(3);
    for (const service of ours)
      expect(service).toMatch(/^ {4}(volumes: \['\w+:\/data'\]|tmpfs: .*\/data\])$/m);
  });

  it('makes no user without a password when a secret is missing', () => {
    const failed = spawnSync('bash', [join(root, 'docker/mysql/users.sh')], { encoding: 'utf8' });
    expect(failed.status).not.toBe(0);
    expect(failed.stderr.trim().split('\n')).toHaveLength(1);
    expect(failed.stderr).toContain('/run/secrets/mysql_app_password');
  });
});

describe('secrets.sh', () => {
  it('makes secrets that the containers can read and the other users of the machine cannot, and keeps them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'steward-secrets-'));
    try {
      cpSync(join(root, 'docker/secrets.sh'), join(folder, 'secrets.sh'));
      mkdirSync(join(folder, 'bin'));
      // In the place of Docker, which makes the keyring with the image.
      writeFileSync(join(folder, 'bin/docker'), '#!/bin/sh\n[ "$1" = build ] || echo keyring\n', {
        mode: 0o755,
      });
      const make = () => {
        const env = { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` };
        execFileSync('bash', ['-c', 'umask 077; exec ./secrets.sh'], { cwd: folder, env });
        const names = readdirSync(join(folder, 'secrets'));
        return names.map((name) => [name, readFileSync(join(folder, 'secrets', name), 'utf8')]);
      };
      const made = Object.fromEntries(make()) as Record<string, string>;
      expect(Object.keys(made).sort()).toEqual(
        [...compose.matchAll(DECLARED)].map((match) => match[1]!).sort(),
      );
      expect(made['database_url']).toBe(`mysql://steward:${made['mysql_app_password']}@mysql:3306/steward`);
      expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
      for (const name of Object.keys(made))
        expect(statSync(join(folder, 'secrets', name)).mode & 0o777).toBe(0o644);
      expect(Object.fromEntries(make())).toEqual(made);
    } finally {
      rmSync(folder, { recursive: true });
    }
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
