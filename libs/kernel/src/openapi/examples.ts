import type { OpenAPIObject } from '@nestjs/swagger';

type Components = NonNullable<OpenAPIObject['components']>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/**
 * Shows the example of a parameter that may be left out as `examples` (JSON Schema 2020-12), which Swagger UI does not
 * fill in. Who tried out a list would otherwise send every filter at once, and find nothing.
 */
export function offerExamples({ parameters = [] }: Operation): void {
  for (const parameter of parameters) {
    if ('$ref' in parameter || parameter.required || !parameter.schema || '$ref' in parameter.schema)
      continue;
    const { example, ...schema } = parameter.schema;
    if (example !== undefined) parameter.schema = Object.assign(schema, { examples: [example] });
  }
}

/** A named list of values shows the first of them. */
export function exemplifyLists({ schemas = {} }: Components): void {
  for (const schema of Object.values(schemas)) {
    if ('enum' in schema) Object.assign(schema, { examples: schema.enum?.slice(0, 1) });
  }
}
