import { SetMetadata } from '@nestjs/common';

const PROBLEMS = 'steward.problems';

/**
 * Documents the problems that a route can answer with, by their codes. What every route of its kind can answer (invalid
 * input, missing access, repeated keys, failures on our side) is added by itself.
 */
export const Problems = (...codes: readonly string[]): MethodDecorator & ClassDecorator =>
  SetMetadata(PROBLEMS, codes);

export function problemsOf(controller: object, handler: object): readonly string[] {
  const of = (target: object) =>
    (Reflect.getMetadata(PROBLEMS, target) as readonly string[] | undefined) ?? [];
  return [...new Set([...of(controller), ...of(handler)])];
}
