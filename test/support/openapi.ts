import fc from 'fast-check';

/** The parts of an OpenAPI 3.1 document that the tests read. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly required?: boolean;
  readonly schema?: Schema;
}

export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
  readonly 'x-permission'?: string;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const methods = ['get', 'put', 'post', 'delete', 'patch'];

export function routesOf(document: OpenApiDocument): Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }];
    }),
  );
}

/** Values that mostly fit a schema, so that they reach the code behind the validation as well. */
export function fitting(
  schema: Schema | undefined,
  document: OpenApiDocument,
  depth = 0,
): fc.Arbitrary<unknown> {
  if (schema === undefined || depth > 4) return fc.jsonValue({ maxDepth: 2 });
  if (schema.$ref !== undefined) {
    return fitting(document.components?.schemas?.[schema.$ref.split('/').pop() ?? ''], document, depth + 1);
  }
  const examples = [...(schema.examples ?? []), ...(schema.example === undefined ? [] : [schema.example])];
  const free = byType(schema, document, depth);
  return examples.length === 0
    ? free
    : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...examples) }, { weight: 1, arbitrary: free });
}

function byType(schema: Schema, document: OpenApiDocument, depth: number): fc.Arbitrary<unknown> {
  const next = (each: Schema) => fitting(each, document, depth + 1);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return fc.oneof(...choices.map(next));
  if (schema.allOf !== undefined) {
    return fc.tuple(...schema.allOf.map(next)).map((parts): unknown => Object.assign({}, ...parts));
  }
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, each]) => [name, next(each)])),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    case 'array':
      return fc.array(next(schema.items ?? {}), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.integer({
        min: Math.max(schema.minimum ?? -9, -(2 ** 53)),
        max: Math.min(schema.maximum ?? 9e15, 2 ** 53),
      });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.string({
        minLength: schema.minLength ?? 0,
        maxLength: Math.min(schema.maxLength ?? 40, 300),
        unit: 'grapheme',
      });
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** Junk that finds its way past careless code. */
export const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '__proto__',
    'constructor',
    '../../etc/passwd',
    "' OR 1=1 --",
    '${jndi:x}',
    '%00',
    '💥'.repeat(50),
    'x'.repeat(5000),
    -1,
    0,
    1.5,
    1e308,
    '9007199254740993',
    true,
    [],
    {},
    [[]],
    { $gt: '' },
    { __proto__: null },
    { toString: 1 },
    '2026-02-30T00:00:00Z',
    'usr_00000000000000000000000000',
    'pay_01h455vb4pex5vsknk084sn02q',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** A body that fits, with up to two places replaced by junk, or junk altogether. */
export function bodies(schema: Schema | undefined, document: OpenApiDocument): fc.Arbitrary<unknown> {
  const spoiled = fc
    .tuple(
      fitting(schema, document),
      fc.array(fc.tuple(fc.nat(), nasty), { minLength: 1, maxLength: 2 }),
      fc.boolean(),
    )
    .map(([body, changes, add]) =>
      changes.reduce<unknown>((each, [index, value]) => spoil(each, index, value, add), body),
    );
  return fc.oneof(
    { weight: 2, arbitrary: fitting(schema, document) },
    { weight: 5, arbitrary: spoiled },
    { weight: 1, arbitrary: nasty },
  );
}

function spoil(body: unknown, index: number, value: unknown, add: boolean): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return value;
  const names = Object.keys(body);
  const name = add || names.length === 0 ? 'unexpected' : names[index % names.length]!;
  return { ...body, [name]: value };
}
