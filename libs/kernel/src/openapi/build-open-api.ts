import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { features } from '../features/registry.js';
import { Routes, type Route } from '../http/routes.js';
import { groupDescription } from './api-group.js';
import { exemplifyLists, offerExamples } from './examples.js';
import { addProblemResponses, errorDefinitions, problemSchemas } from './problem-responses.js';
import { problemsOf } from './problems.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const;

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description:
    'A value of your own, new for each operation. The same key with the same request is answered the same for at least 24 hours, and has its effect once.',
  schema: { type: 'string', minLength: 1, maxLength: 255, example: '0b7f3f0e-6f0c-4f5e-9a3e-2d1f6f0c8a11' },
} as const;

/**
 * The OpenAPI 3.1 document of everything the application answers. Access, permissions, idempotency and problem
 * responses come from the decorators that enforce them, so the document cannot say otherwise.
 */
export function buildOpenApi(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, base(), {
    operationIdFactory: (controller, method) => `${controller}.${method}`,
  });
  const components = (document.components ??= {});
  components.schemas = { ...components.schemas, ...problemSchemas };
  const definitions = errorDefinitions();
  const routes = new Map(
    app
      .get(Routes, { strict: false })
      .all()
      .map((route) => [route.operation, route]),
  );
  exemplifyLists(components);
  for (const { operation } of operations(document)) {
    offerExamples(operation);
    const route = routes.get(operation.operationId ?? '');
    if (!route) continue;
    describeAccess(operation, route);
    if (route.isIdempotent) describeIdempotency(operation);
    const codes = [
      ...impliedProblems(operation, route),
      ...problemsOf(route.controller, route.handler),
      ...features().flatMap(({ problems }) => problems?.[route.operation] ?? []),
    ];
    addProblemResponses(operation, codes, definitions, components);
  }
  document.tags = tagsOf(document);
  return document;
}

function base(): Omit<OpenAPIObject, 'paths'> {
  const { version, description } = readPackage();
  return {
    openapi: '3.1.0',
    info: {
      title: 'Steward API',
      version,
      description,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/', description: 'This server' }],
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The access token that logging in returns.',
        },
      },
    },
    security: [{ bearer: [] }],
  };
}

function* operations(document: OpenAPIObject): Generator<{ operation: Operation }> {
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) yield { operation };
    }
  }
}

function describeAccess(operation: Operation, { access }: Route): void {
  operation.security = access?.kind === 'public' ? [] : [{ bearer: [] }];
  if (access?.kind !== 'permission') return;
  Object.assign(operation, { 'x-permission': access.permission });
  const sentence = `Needs the permission \`${access.permission}\`.`;
  operation.description = operation.description ? `${operation.description}\n\n${sentence}` : sentence;
}

function describeIdempotency(operation: Operation): void {
  operation.parameters = [...(operation.parameters ?? []), IDEMPOTENCY_KEY];
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!status.startsWith('2') || !response || '$ref' in response) continue;
    response.headers = {
      ...response.headers,
      'Idempotent-Replayed': {
        description: '`true` when this is the kept answer to an earlier request with the same key.',
        schema: { type: 'string', enum: ['true'], example: 'true' },
      },
    };
  }
}

/** The problems that follow from the kind of route. */
function impliedProblems(operation: Operation, route: Route): string[] {
  const codes = ['kernel.internal', 'kernel.unavailable', 'kernel.malformed_request'];
  // A credential in the wrong form, a bad cursor or a malformed header can meet any route that reads input.
  if (operation.requestBody || operation.parameters?.length) codes.push('kernel.validation_failed');
  // A body is read, and may be too large, also where none is wanted.
  if (route.method !== 'GET') codes.push('kernel.payload_too_large', 'kernel.unsupported_media_type');
  if (route.access?.kind !== 'public') codes.push('kernel.unauthenticated');
  if (route.access?.kind === 'permission') codes.push('kernel.forbidden');
  if (route.isIdempotent) {
    codes.push(
      'kernel.idempotency_key_missing',
      'kernel.idempotency_key_invalid',
      'kernel.idempotency_key_reused',
      'kernel.idempotency_in_progress',
    );
  }
  return codes;
}

function tagsOf(document: OpenAPIObject): { name: string; description: string }[] {
  const names = new Set([...operations(document)].flatMap(({ operation }) => operation.tags ?? []));
  return [...names].sort().map((name) => ({ name, description: groupDescription(name) }));
}

/** The package this code belongs to, whether it runs from its sources or from dist. */
function readPackage(): { version: string; description: string } {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    try {
      return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        version: string;
        description: string;
      };
    } catch (error) {
      if (dirname(folder) === folder) throw error;
    }
  }
}
