import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildOpenApi, createHttpApp } from '#kernel';
import { AppModule } from '../apps/api/src/app.module.js';
import { root } from './support/rooms.js';

it('openapi.json is fresh (npm run openapi)', async () => {
  const environment = {
    NODE_ENV: 'test',
    DATA_DIR: mkdtempSync(join(tmpdir(), 'steward-openapi-')),
    LOG_LEVEL: 'error',
  };
  const app = await createHttpApp(AppModule.forRoot({ environment, background: false }), {
    environment,
    shutdownHooks: false,
  });
  try {
    const document: unknown = JSON.parse(JSON.stringify(buildOpenApi(app)));
    expect(document).toEqual(JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')));
  } finally {
    await app.close();
    rmSync(environment.DATA_DIR, { recursive: true, force: true });
  }
});

it('libs/client is fresh (npm run client)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-client-'));
  try {
    execFileSync(process.execPath, [join(root, 'scripts/generate-client.mjs'), folder], {
      cwd: root,
      stdio: 'ignore',
    });
    expect(filesIn(folder)).toEqual(filesIn(join(root, 'libs/client/src/generated')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
