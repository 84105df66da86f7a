import type { OpenAPIObject } from '@nestjs/swagger';
import { features } from '../features/registry.js';
import type { ErrorDefinition } from '../errors/problem.js';
import { problemDocument } from '../http/problem-document.js';
import { Problem } from '../errors/problem.js';

type Components = NonNullable<OpenAPIObject['components']>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const EXAMPLE_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** The error definitions of every registered room, by code. */
export function errorDefinitions(): ReadonlyMap<string, ErrorDefinition> {
  return new Map(
    features().flatMap(({ errors }) => Object.entries<ErrorDefinition>(errors?.definitions ?? {})),
  );
}

/** Adds the problem responses with these codes to an operation; their parts go to the document's components. */
export function addProblemResponses(
  operation: Operation,
  codes: readonly string[],
  definitions: ReadonlyMap<string, ErrorDefinition>,
  components: Components,
): void {
  for (const [status, group] of byStatus(codes, definitions)) {
    if (operation.responses[status]) continue;
    const name = `Problem_${group.map(([code]) => code).join('_or_')}`;
    components.responses ??= {};
    components.examples ??= {};
    for (const [code, definition] of group) components.examples[code] ??= example(code, definition);
    components.responses[name] ??= {
      description: group.map(([, { title }]) => `${title}.`).join(' '),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
          examples: Object.fromEntries(
            group.map(([code]) => [code, { $ref: `#/components/examples/${code}` }]),
          ),
        },
      },
    };
    operation.responses[status] = { $ref: `#/components/responses/${name}` };
  }
}

function byStatus(codes: readonly string[], definitions: ReadonlyMap<string, ErrorDefinition>) {
  const groups = new Map<string, [string, ErrorDefinition][]>();
  for (const code of [...new Set(codes)].sort()) {
    const definition = definitions.get(code);
    if (!definition) throw new Error(`@Problems names "${code}", which no registered room defines`);
    const status = String(definition.status);
    groups.set(status, [...(groups.get(status) ?? []), [code, definition]]);
  }
  return [...groups].sort(([left], [right]) => left.localeCompare(right));
}

function example(code: string, definition: ErrorDefinition) {
  const errors =
    code === 'kernel.validation_failed'
      ? [{ pointer: '/email', detail: 'email must be an email' }]
      : undefined;
  const problem = new Problem(code, definition, errors ? { errors } : {});
  return { summary: definition.title, value: problemDocument(problem, EXAMPLE_TRACE) };
}

const text = (description: string, example: unknown) => ({ type: 'string', description, example });

/** The schemas of {@link problemDocument}. */
export const problemSchemas: NonNullable<Components['schemas']> = {
  FieldError: {
    type: 'object',
    description: 'One refused field.',
    required: ['pointer', 'detail'],
    properties: {
      pointer: text(
        'JSON pointer (RFC 6901) of the field in the body, or its name in the query or path.',
        '/email',
      ),
      detail: text('What is wrong with it.', 'email must be an email'),
    },
  },
  Problem: {
    type: 'object',
    description: 'Why a request was refused or failed (RFC 9457).',
    required: ['type', 'title', 'status', 'code', 'detail', 'traceId'],
    properties: {
      type: {
        ...text('URI of the kind of problem.', 'urn:steward:error:kernel.validation_failed'),
        format: 'uri',
      },
      title: text('The kind of problem in words.', 'The request is not valid'),
      status: { type: 'integer', description: 'The HTTP status.', example: 400 },
      code: text('Stable code of the kind of problem.', 'kernel.validation_failed'),
      detail: text('What to do about it.', 'Correct the fields listed in errors and send the request again.'),
      errors: {
        type: 'array',
        items: { $ref: '#/components/schemas/FieldError' },
        description: 'The refused fields, where fields were refused.',
        example: [{ pointer: '/email', detail: 'email must be an email' }],
      },
      traceId: text('Quote it when you report the problem.', EXAMPLE_TRACE),
    },
  },
};
