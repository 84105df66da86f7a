import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { kernelErrors } from '../errors/kernel.errors.js';
import type { FieldError, Problem } from '../errors/problem.js';

const MAX_ERRORS = 50;
const MAX_DETAIL = 300;

/** Carries what class-validator found to where the place of the value is known. */
class InvalidInput extends Error {
  constructor(readonly errors: readonly ValidationError[]) {
    super('invalid input');
  }
}

const PLACES: Partial<Record<ArgumentMetadata['type'], string>> = { query: 'query', param: 'path' };

/**
 * Checks every DTO: unknown fields are refused, and each mistake is told with the JSON pointer (RFC 6901) of its field;
 * for the query and the path the detail says so.
 */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      transform: true,
      stopAtFirstError: true,
      exceptionFactory: (errors) => new InvalidInput(errors),
    });
  }

  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // What a decorator of the application gives is not the client's input.
    if (metadata.type === 'custom') return Promise.resolve(value);
    const reserved = reservedNames(value);
    if (reserved.length > 0) return Promise.reject(refusal(reserved, metadata.type));
    return super.transform(value, metadata).catch((error: unknown) => {
      throw error instanceof InvalidInput
        ? refusal(fieldErrors(error.errors, metadata.type), metadata.type)
        : error;
    });
  }
}

function refusal(found: readonly FieldError[], part: ArgumentMetadata['type']): Problem {
  const place = PLACES[part] ? ` (in the ${PLACES[part]})` : '';
  const errors = found.slice(0, MAX_ERRORS).map(({ pointer, detail }) => ({
    pointer: pointer.slice(0, MAX_DETAIL),
    detail: detail.slice(0, MAX_DETAIL) + place,
  }));
  return kernelErrors.problem('kernel.validation_failed', { errors });
}

const step = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/**
 * The names in `value` that every object inherits, such as `constructor` and `toString`. What turns input into DTOs
 * would drop them without a word, so they are refused.
 */
function reservedNames(value: unknown, path = ''): readonly FieldError[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const pointer = path + step(name);
    return name in Object.prototype || name === 'prototype'
      ? [{ pointer, detail: `${name} cannot be used as a name` }]
      : reservedNames(child, pointer);
  });
}

/** One entry for each refused field, with its pointer and the first of its rules that is broken. */
function fieldErrors(
  errors: readonly ValidationError[],
  part: ArgumentMetadata['type'],
): readonly FieldError[] {
  const found: FieldError[] = [];
  const collect = (level: readonly ValidationError[], path: string) => {
    for (const { property, constraints = {}, children = [] } of level) {
      // Nest names the whole value after its part of the request.
      const isWhole = path === '' && property === part && 'isObject' in constraints;
      const pointer = isWhole ? '' : path + step(property);
      for (const detail of Object.values(constraints)) found.push({ pointer, detail });
      collect(children, pointer);
    }
  };
  collect(errors, '');
  return found;
}
