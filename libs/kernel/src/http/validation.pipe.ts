import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { kernelErrors } from '../errors/kernel.errors.js';
import type { FieldError } from '../errors/problem.js';

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
      stopAtFirstError: false,
      exceptionFactory: (errors) => new InvalidInput(errors),
    });
  }

  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // What a decorator of the application gives is not the client's input.
    if (metadata.type === 'custom') return Promise.resolve(value);
    return super.transform(value, metadata).catch((error: unknown) => {
      if (!(error instanceof InvalidInput)) throw error;
      throw kernelErrors.problem('kernel.validation_failed', {
        errors: fieldErrors(error.errors, metadata.type),
      });
    });
  }
}

/** One entry per broken rule, with the pointer of its field. */
export function fieldErrors(
  errors: readonly ValidationError[],
  part: ArgumentMetadata['type'] = 'body',
): readonly FieldError[] {
  const found: FieldError[] = [];
  const place = PLACES[part] ? ` (in the ${PLACES[part]})` : '';
  const collect = (level: readonly ValidationError[], path: string) => {
    for (const { property, constraints = {}, children = [] } of level) {
      // Nest names the whole value after its part of the request.
      const isWhole = path === '' && property === part && 'isObject' in constraints;
      const pointer = isWhole ? '' : `${path}/${property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      for (const message of Object.values(constraints)) {
        if (found.length === MAX_ERRORS) return;
        found.push({ pointer: pointer.slice(0, MAX_DETAIL), detail: message.slice(0, MAX_DETAIL) + place });
      }
      collect(children, pointer);
    }
  };
  collect(errors, '');
  return found;
}
