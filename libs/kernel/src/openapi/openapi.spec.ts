import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  type OpenAPIObject,
} from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BootedHttp, bootTestHttp } from '#kernel/testing';
import { defineErrors } from '../errors/problem.js';
import { feature } from '../features/feature.js';
import { Authenticated, Public, RequirePermission } from '../http/access/access.js';
import { definePermissions } from '../http/access/permissions.js';
import { PageOf, PageQuery } from '../http/pagination.js';
import { Idempotent } from '../idempotency/idempotent.decorator.js';
import { ApiGroup } from './api-group.js';
import { Problems } from './problems.js';

class CreateBook {
  @ApiProperty({ example: 'Middlemarch', description: 'The title.', maxLength: 100 })
  @IsString()
  @MaxLength(100)
  readonly title: string;
}

class BookResponse {
  @ApiProperty({ example: 'Middlemarch', description: 'The title.' }) readonly title: string;
  @ApiProperty({ type: String, example: null, nullable: true, description: 'The editor, if any.' })
  readonly editor: string | null;
}

const BookPage = PageOf(BookResponse);

@ApiGroup('Books', 'Books of the library.')
@Authenticated()
@Controller('v1/books')
class BooksController {
  @ApiOperation({ operationId: 'listBooks', summary: 'List the books' })
  @ApiOkResponse({ type: BookPage, description: 'A page of books.' })
  @Public()
  @Get()
  list(@Query() query: PageQuery) {
    return { items: [], nextCursor: null, query };
  }

  @ApiOperation({ operationId: 'createBook', summary: 'Add a book' })
  @ApiCreatedResponse({ type: BookResponse, description: 'The book.' })
  @Problems('books.known')
  @Idempotent()
  @RequirePermission('books.create')
  @Post()
  async create(@Body() body: CreateBook): Promise<BookResponse> {
    return { title: body.title, editor: null };
  }

  @ApiOperation({ operationId: 'lendBook', summary: 'Lend a book' })
  @ApiOkResponse({ type: BookResponse, description: 'The book.' })
  @Problems('books.lent', 'books.known')
  @HttpCode(200)
  @Post(':id/loans')
  lend(@Param('id') id: string): BookResponse {
    return { title: id, editor: null };
  }
}

type Operation = {
  operationId: string;
  security: unknown;
  'x-permission'?: string;
  description?: string;
  responses: Record<string, { $ref?: string; headers?: object; content?: object }>;
  parameters: { name: string; in: string; required?: boolean }[];
};

describe('the API document', () => {
  let http: BootedHttp;
  let document: OpenAPIObject;
  const operation = (path: string, method: 'get' | 'post') =>
    document.paths[path]?.[method] as unknown as Operation;
  beforeAll(async () => {
    http = await bootTestHttp({
      imports: [
        feature({
          name: 'books',
          errors: defineErrors('books', {
            'books.known': { status: 409, title: 'The book is known', detail: 'Do not add it again.' },
            'books.lent': { status: 409, title: 'The book is lent', detail: 'Wait.' },
          }),
          permissions: definePermissions('books', { 'books.create': 'Add books' }),
        }),
      ],
      controllers: [BooksController],
      ports: {},
    });
    const response = await http.inject({ url: '/openapi.json' });
    document = response.json<OpenAPIObject>();
  });
  afterAll(() => http.close());

  it('is OpenAPI 3.1 with nulls as types', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.components?.schemas?.['BookPage']).toMatchObject({
      properties: { items: { type: 'array' }, nextCursor: { type: ['string', 'null'] } },
    });
    expect(JSON.stringify(document)).not.toContain('"nullable"');
  });

  it('tells access and permission from the decorators that enforce them', () => {
    expect(operation('/v1/books', 'get').security).toEqual([]);
    expect(operation('/v1/books', 'post')).toMatchObject({
      security: [{ bearer: [] }],
      'x-permission': 'books.create',
      description: 'Needs the permission `books.create`.',
    });
    expect(operation('/v1/books/{id}/loans', 'post')['x-permission']).toBeUndefined();
  });

  it('documents the problems that a route names and those of its kind', () => {
    expect(Object.keys(operation('/v1/books', 'get').responses)).toEqual(['200', '400', '500', '503']);
    const create = operation('/v1/books', 'post');
    expect(Object.keys(create.responses)).toEqual([
      '201',
      '400',
      '401',
      '403',
      '409',
      '413',
      '415',
      '422',
      '500',
      '503',
    ]);
    const lend = operation('/v1/books/{id}/loans', 'post');
    // It wants no body, but reads one.
    expect(Object.keys(lend.responses)).toEqual(['200', '400', '401', '409', '413', '415', '500', '503']);
    expect(lend.responses['409']).toEqual({
      $ref: '#/components/responses/Problem_books.known_or_books.lent',
    });
    expect(document.components?.responses?.['Problem_books.known_or_books.lent']).toMatchObject({
      description: 'The book is known. The book is lent.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
    expect(document.components?.examples?.['books.lent']).toMatchObject({
      value: { status: 409, code: 'books.lent' },
    });
  });

  it('asks for the idempotency key where the route does', () => {
    const names = operation('/v1/books', 'post').parameters.map(({ name, required }) => [name, required]);
    expect(names).toEqual([['Idempotency-Key', true]]);
    expect(operation('/v1/books', 'post').responses['201']?.headers).toHaveProperty('Idempotent-Replayed');
    expect(operation('/v1/books', 'get').parameters.map(({ name }) => name)).toEqual(['limit', 'cursor']);
  });

  it('offers an example of what may be left out, where Swagger UI does not fill it in', () => {
    const [limit] = operation('/v1/books', 'get').parameters;
    expect(limit).toMatchObject({ schema: { default: 20, examples: [20] } });
    expect(limit).not.toHaveProperty('schema.example');
  });

  it('describes its tags', () => {
    expect(document.tags).toContainEqual({ name: 'Books', description: 'Books of the library.' });
  });

  it('passes the recommended rules of the Redocly linter', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'steward-openapi-'));
    try {
      await writeFile(join(folder, 'openapi.json'), JSON.stringify(document));
      await writeFile(join(folder, 'redocly.yaml'), 'extends: [recommended-strict]\n');
      const redocly = join(process.cwd(), 'node_modules/.bin/redocly');
      const { stdout, stderr } = await promisify(execFile)(
        redocly,
        ['lint', 'openapi.json', '--format', 'stylish'],
        {
          cwd: folder,
          env: {
            ...process.env,
            REDOCLY_TELEMETRY: 'off',
            REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
            CI: 'true',
          },
        },
      ).catch((error: { stdout: string; stderr: string }) => error);
      expect(stderr + stdout).toMatch(/valid/);
      expect(stdout).not.toMatch(/(error|warning)\s/);
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 60_000);

  it('comes with Swagger UI, under a content security policy that lets it run', async () => {
    const page = await http.inject({ url: '/docs' });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('swagger-ui-init.js');
    expect(page.body).not.toMatch(/<script>(?!<)|<script(?![^>]*src=)|on(click|load)=/);
    expect(page.headers['content-security-policy']).toMatch(
      /script-src 'self';style-src 'self' 'unsafe-inline'/,
    );
    for (const file of ['swagger-ui-init.js', 'swagger-ui-bundle.js', 'swagger-ui.css']) {
      expect((await http.inject({ url: `/docs/${file}` })).statusCode).toBe(200);
    }
    const missing = await http.inject({ url: '/docs/nothing.js' });
    expect([missing.statusCode, missing.headers['content-type']]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  });
});
