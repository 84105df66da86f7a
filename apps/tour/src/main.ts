import { join } from 'node:path';
import { Command } from 'commander';
import { run } from '../../api/src/run.js';
import { startOwnServer } from './own-server.js';
import { type Stage, tellStory } from './story.js';

interface Options {
  readonly url?: string;
  readonly dataDir: string;
  readonly adminEmail?: string;
  readonly adminPassword?: string;
}

const program = new Command('tour')
  .description(
    'Tells the story of one customer against a running server; starts one of its own unless --url is given.',
  )
  .option('--url <url>', 'a running server, such as http://localhost:3000')
  .option('--data-dir <folder>', 'the DATA_DIR of that server, where it writes its mail', '.data')
  .option('--admin-email <address>', 'its administrator')
  .option('--admin-password <password>', 'the password of its administrator');

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

run(async () => {
  const options = program.parse().opts<Options>();
  const stage = stageOf(options);
  if (stage !== undefined) return tellStory(stage, write);
  const server = await startOwnServer();
  try {
    await tellStory(server, write);
  } finally {
    await server.stop();
  }
});

function stageOf({ url, dataDir, adminEmail, adminPassword }: Options): Stage | undefined {
  if (url === undefined) return undefined;
  if (adminEmail === undefined || adminPassword === undefined) {
    throw new Error('--url needs --admin-email and --admin-password.');
  }
  return {
    baseUrl: url,
    mailDir: join(dataDir, 'mail'),
    administrator: { email: adminEmail, password: adminPassword },
  };
}
