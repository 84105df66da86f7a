export { networkOf } from './network-of.js';
export { RateLimiter, type RateLimitPolicy } from './rate-limiter.js';
