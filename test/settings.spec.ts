import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { features } from '#kernel';
import { AppModule } from '../apps/api/src/app.module.js';
import { root } from './support/rooms.js';

AppModule.forRoot();
const definitions = features().flatMap(({ config = [] }) => config);

/** The rows of docs/settings.md: names, and the default of each as it is written there. */
const rows = readFileSync(join(root, 'docs/settings.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, names = '']) => names.startsWith('`'))
  .flatMap(([, names = '', standards = '']) =>
    names.split(', ').map((name, index) => ({
      name: name.replace(' ✱', '').replaceAll('`', ''),
      standard: standards.split(', ')[index] ?? '',
    })),
  );

it('docs/settings.md names every setting, and no other', () => {
  const declared = definitions.flatMap(({ variables }) => variables);
  expect(rows.map(({ name }) => name).sort()).toEqual([...new Set(declared)].sort());
});

it.each(rows.filter(({ standard }) => /^`[^$]+`$/.test(standard)))(
  'docs/settings.md tells the default of $name',
  ({ name, standard }) => {
    const definition = definitions.find(({ variables }) => variables.includes(name));
    const told = definition?.parse({ [name]: standard.slice(1, -1) });
    expect(told).toHaveProperty('value');
    expect(JSON.stringify(told)).toBe(JSON.stringify(definition?.parse({})));
  },
);
