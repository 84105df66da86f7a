// generate-client.mjs [FOLDER]: writes the TypeScript client of openapi.json to FOLDER, by default
// libs/client/src/generated.
import { fileURLToPath } from 'node:url';
import { createClient } from '@hey-api/openapi-ts';

const root = fileURLToPath(new URL('..', import.meta.url));

await createClient({
  input: `${root}openapi.json`,
  output: { path: process.argv[2] ?? `${root}libs/client/src/generated`, module: { extension: '.js' } },
  logs: { level: 'error', file: false },
  plugins: [
    '@hey-api/client-fetch',
    '@hey-api/typescript',
    {
      name: '@hey-api/sdk',
      operations: { strategy: 'single', containerName: 'Steward', methods: 'instance' },
    },
  ],
});
