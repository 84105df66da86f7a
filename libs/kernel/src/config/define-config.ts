import { readFileSync } from 'node:fs';
import { Inject } from '@nestjs/common';
import { z } from 'zod';
import { OperatorError } from './operator-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

type Shape = Record<string, z.ZodType>;
type Parsed<S extends Shape> = { [Name in keyof S]: z.output<S[Name]> };

/** One room's settings: which variables it reads, and what it makes of them. */
export interface ConfigDefinition<Value = unknown> {
  readonly name: string;
  readonly token: string;
  readonly shape: Readonly<Shape>;
  /** Parses `environment`; gives the value, or the mistakes as sentences. */
  parse(environment: Environment): { value: Value } | { mistakes: string[] };
}

export type ConfigOf<Definition> = Definition extends ConfigDefinition<infer Value> ? Value : never;

declare module 'zod' {
  interface GlobalMeta {
    /** On a setting that production cannot do without: completes the sentence "production needs …". */
    readonly productionNeeds?: string;
  }
}

/**
 * Declares the settings of a room, each with a description in one line, for docs/settings.md. Every variable may also be given as `NAME_FILE`, the path of a file that holds the
 * value. `build` may throw an Error whose message names what is wrong.
 */
export function defineConfig<S extends Shape, Value>(
  name: string,
  shape: S,
  build: (env: Parsed<S>, production: boolean) => Value,
): ConfigDefinition<Value> {
  const variables = Object.keys(shape);
  const schema = z.object(shape);
  return {
    name,
    token: `steward.config.${name}`,
    shape,
    parse(environment) {
      const { values, mistakes } = readVariables([...variables, 'NODE_ENV'], environment);
      const production = values['NODE_ENV'] === 'production';
      if (production) mistakes.push(...lacking(shape, values));
      const result = schema.safeParse(values);
      if (!result.success) {
        mistakes.push(...result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
      }
      if (mistakes.length > 0 || !result.success) return { mistakes };
      try {
        return { value: build(result.data as Parsed<S>, production) };
      } catch (error) {
        return { mistakes: [error instanceof Error ? error.message : String(error)] };
      }
    },
  };
}

/** Injects a room's settings. */
export function InjectConfig(definition: ConfigDefinition): ParameterDecorator {
  return Inject(definition.token);
}

/** All settings of all rooms, parsed together. Throws one error that lists every mistake. */
export function loadConfigs(
  definitions: readonly ConfigDefinition[],
  environment: Environment,
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const mistakes: string[] = [];
  for (const definition of definitions) {
    const result = definition.parse(environment);
    if ('value' in result) values.set(definition.token, result.value);
    else mistakes.push(...result.mistakes);
  }
  if (mistakes.length > 0) {
    throw new ConfigError([...new Set(mistakes)]);
  }
  return values;
}

/** The environment does not describe a system that can run; the message lists every mistake. */
export class ConfigError extends OperatorError {
  override readonly name = 'ConfigError';

  constructor(readonly mistakes: readonly string[]) {
    super(
      `The configuration has ${mistakes.length} mistake(s):\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
}

function lacking(shape: Shape, values: Readonly<Record<string, string>>): string[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const needed = schema.meta()?.productionNeeds;
    return needed === undefined || name in values ? [] : [`${name}: production needs ${needed}`];
  });
}

function readVariables(names: readonly string[], environment: Environment) {
  const values: Record<string, string> = {};
  const mistakes: string[] = [];
  for (const name of names) {
    const direct = environment[name];
    const path = environment[`${name}_FILE`];
    if (direct && path) {
      mistakes.push(`${name}: is set, and so is ${name}_FILE; one of them has to go`);
    } else if (direct) {
      values[name] = direct;
    } else if (path) {
      try {
        values[name] = readFileSync(path, 'utf8').trim();
      } catch {
        mistakes.push(`${name}_FILE: the file ${path} cannot be read`);
      }
    }
  }
  return { values, mistakes };
}
