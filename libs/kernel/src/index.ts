export * from './data.js';
export * from './health/index.js';
export * from './http/index.js';
export * from './idempotency/index.js';
export * from './logging/index.js';
export * from './mail/index.js';
export * from './openapi/index.js';
export * from './rate-limit/index.js';
