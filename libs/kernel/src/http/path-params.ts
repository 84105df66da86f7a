import { Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { kernelErrors } from '../errors/kernel.errors.js';
import { idPattern } from '../ids/ids.js';

export interface PathParamOptions {
  readonly pattern: RegExp;
  /** What it must be, to go on after its name: `must be the key of a role`. */
  readonly rule: string;
  readonly description: string;
  readonly example: string;
}

/** Hands the part `:name` of the path to a route's method. What does not match gets a 400; the API document says what does. */
export const PathParam =
  (name: string, { pattern, rule, description, example }: PathParamOptions): ParameterDecorator =>
  (target, method, index) => {
    const route = method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method);
    if (method === undefined || !route) throw new Error(`:${name} belongs to a method of a controller`);
    const pipe: PipeTransform = {
      transform(value: unknown): unknown {
        if (typeof value === 'string' && pattern.test(value)) return value;
        throw kernelErrors.problem('kernel.validation_failed', {
          errors: [{ pointer: `/${name}`, detail: `${name} ${rule} (in the path)` }],
        });
      },
    };
    Param(name, pipe)(target, method, index);
    const schema = { type: 'string', pattern: pattern.source, example };
    ApiParam({ name, description, schema })(target, method, route);
  };

/** Hands the id in the path (`:id`) to a route's method, checked to begin with this prefix. */
export const IdParam = (prefix: string, description: string): ParameterDecorator =>
  PathParam('id', {
    pattern: idPattern(prefix),
    rule: `must be an id that begins with "${prefix}_"`,
    description,
    example: `${prefix}_01k4z0q8b6f7e9a2c3d4e5f6g7`,
  });
