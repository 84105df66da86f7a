export { Idempotency } from './idempotency.service.js';
export { Idempotent } from './idempotent.decorator.js';
export { IdempotencyRecord } from './idempotency-record.entity.js';
