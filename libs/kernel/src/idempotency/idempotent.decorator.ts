import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';

const IDEMPOTENT = 'steward.idempotent';

/**
 * The route needs an `Idempotency-Key` header and has its effect once per principal, route and key for at least 24 hours;
 * a repeated request reads the first answer again (draft-ietf-httpapi-idempotency-key-header).
 */
export const Idempotent = (): MethodDecorator =>
  applyDecorators(SetMetadata(IDEMPOTENT, true), UseInterceptors(IdempotencyInterceptor));

export const isIdempotent = (handler: object): boolean => Reflect.getMetadata(IDEMPOTENT, handler) === true;
