import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './support/rooms.js';

it('docs/dependencies.md gives one line to each dependency, in the right section', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const [, runtime = '', development = ''] = readFileSync(join(root, 'docs/dependencies.md'), 'utf8').split(
    '\n## ',
  );
  const listed = (section: string) =>
    [...section.matchAll(/^- `([^`]+)` — .+\.$/gm)].map((match) => match[1]);
  expect(listed(runtime)).toEqual(Object.keys(manifest['dependencies'] ?? {}).sort());
  expect(listed(development)).toEqual(Object.keys(manifest['devDependencies'] ?? {}).sort());
});
