import { Inject } from '@nestjs/common';
import { currentExchange } from '../http/edge.js';
import { IdempotentCalls } from './idempotent-calls.js';

const IDEMPOTENT = 'steward.idempotent';
const CALLS = Symbol(IDEMPOTENT);

type Method = (...args: never[]) => Promise<unknown>;

/**
 * The route needs an `Idempotency-Key` header and has its effect once per principal, route and key for at least 24 hours;
 * a repeated request reads the first answer again (draft-ietf-httpapi-idempotency-key-header). Called by hand, outside a
 * request or by another such method, it is as it was.
 */
export const Idempotent =
  () =>
  <T extends Method>(
    controller: object,
    _name: string | symbol,
    method: TypedPropertyDescriptor<T>,
  ): void => {
    const original = method.value as Method;
    const idempotent = function (this: { [CALLS]: IdempotentCalls }, ...args: never[]): Promise<unknown> {
      const exchange = currentExchange();
      const call = () => original.apply(this, args);
      return exchange ? this[CALLS].run(call, exchange) : call();
    };
    Object.defineProperty(idempotent, 'name', { value: original.name });
    for (const key of Reflect.getMetadataKeys(original)) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, original), idempotent);
    }
    Reflect.defineMetadata(IDEMPOTENT, true, idempotent);
    Inject(IdempotentCalls)(controller, CALLS);
    method.value = idempotent as unknown as T;
  };

export const isIdempotent = (handler: object): boolean => Reflect.getMetadata(IDEMPOTENT, handler) === true;
