import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { buildOpenApi, createHttpApp, type Migration } from '#kernel';
import { AppModule } from '../../api/src/app.module.js';
import { openApp } from '../../api/src/open-app.js';
import { run } from '../../api/src/run.js';
import { addAuditNewLog } from './audit-new-log.js';
import { addAuditCopy, addAuditVerify } from './audit-verify.js';
import { addKeys } from './keys.js';
import { addWitness } from './witness.js';

const program = new Command('steward').description('Administers a Steward installation.');

program
  .command('migrate')
  .description(
    'bring the database schema and its capture triggers up to date, and make the first administrator',
  )
  .action(async () => {
    const { app, migration } = await openApp({ migrate: true, background: false });
    await app.close();
    print(told(migration));
  });

addKeys(program);
addAuditVerify(program);
addAuditCopy(program);
addAuditNewLog(program);
addWitness(program);

program
  .command('openapi')
  .argument('[file]', 'where to write it; standard output when left out')
  .description('write the OpenAPI document of all routes')
  .action(async (file: string | undefined) => {
    const text = `${JSON.stringify(await openApiDocument(), null, 2)}\n`;
    if (file === undefined) process.stdout.write(text);
    else await writeFile(file, text);
  });

/** The document needs the modules but no data: they get an empty folder, whatever this machine's settings are. */
async function openApiDocument() {
  const dataDir = await mkdtemp(join(tmpdir(), 'steward-openapi-'));
  const environment = { NODE_ENV: 'development', DATA_DIR: dataDir, LOG_LEVEL: 'error' };
  const app = await createHttpApp(AppModule.forRoot({ environment, background: false }), { environment });
  try {
    return buildOpenApi(app);
  } finally {
    await app.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** What `migrate` did, for whoever ran it. */
function told({ migrations, repairs }: Migration): string {
  const lines = [
    ...(migrations.length > 0 ? [`Migrated: ${migrations.join(', ')}.`] : []),
    ...(repairs.length > 0 ? [`Capture: ${repairs.join('; ')}.`] : []),
  ];
  return lines.length > 0 ? lines.join('\n') : 'The schema and its capture triggers were up to date.';
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

run(async () => {
  await program.parseAsync();
});
