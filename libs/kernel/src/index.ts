/**
 * What every room stands on: request context, unit of work, repositories, outbox, errors, configuration, ids, money, the
 * marks of personal data, and the conventions of HTTP.
 */
export * from './data.js';
export * from './health/index.js';
export * from './http/index.js';
export * from './idempotency/index.js';
export * from './logging/index.js';
export * from './mail/index.js';
export * from './metrics/index.js';
export * from './openapi/index.js';
export * from './rate-limit/index.js';
