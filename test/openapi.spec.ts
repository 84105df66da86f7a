import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { features } from '#kernel';
import { AppModule } from '../apps/api/src/app.module.js';
import { gapsOf } from './support/examples.js';
import { type OpenApiDocument, routesOf } from './support/openapi.js';
import { root } from './support/rooms.js';

AppModule.forRoot();
const read = () => JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')) as OpenApiDocument;

describe('openapi.json', () => {
  it('shows an example of everything that goes in or comes out', () => {
    expect(gapsOf({ ...read() })).toEqual([]);
  });

  it('has every operation for which a room declares problems of its own', () => {
    const operations = routesOf(read()).map(({ operation }) => operation.operationId);
    const named = features().flatMap(({ problems = {} }) => Object.keys(problems));
    expect(named).not.toEqual([]);
    expect(named.filter((operation) => !operations.includes(operation))).toEqual([]);
  });
});

describe('the search for gaps', () => {
  const text = (schema: object) => ({ 'text/plain': { schema } });
  const whole = {
    paths: {
      '/things': {
        post: {
          operationId: 'addThing',
          summary: 'Add a thing',
          tags: ['Things'],
          security: [],
          parameters: [
            { name: 'colour', description: 'Its colour.', schema: { $ref: '#/components/colour' } },
          ],
          requestBody: { content: text({ properties: { size: { type: 'integer', example: 1 } } }) },
          responses: {
            '200': {
              headers: { etag: { schema: { type: 'string', example: '"1"' } } },
              content: text({ type: 'array', items: { anyOf: [{ type: 'null' }, { example: 1 }] } }),
            },
            '204': {},
          },
        },
      },
    },
    components: { colour: { enum: ['red'], examples: ['red'] } },
  };

  it('finds none in a whole document', () => {
    expect(gapsOf(whole)).toEqual([]);
  });

  it.each([
    ['"example":1}}}', '"a":1}}}', 'POST /things body.size: no example'],
    ['{"example":1}]', '{}]', 'POST /things 200[]: no example'],
    [',"examples":["red"]', '', '#/components/colour: no example'],
    ['"example":"\\"1\\""', '"a":1', 'POST /things 200 etag: no example'],
    ['"description":"Its colour."', '"a":1', 'POST /things colour: no description'],
    ['"summary":"Add a thing"', '"a":1', 'POST /things: no summary'],
    ['"204":{}', '"201":{}', 'POST /things 201: no content'],
    ['"schema":{"properties"', '"a":{"properties"', 'POST /things body: text/plain without a schema'],
  ])('misses %s', (present, absent, gap) => {
    const json = JSON.stringify(whole);
    expect(json).toContain(present);
    expect(gapsOf(JSON.parse(json.replace(present, absent)) as typeof whole)).toEqual([gap]);
  });
});
