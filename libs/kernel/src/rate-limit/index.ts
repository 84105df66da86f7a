export { RateLimiter, type RateLimitPolicy } from './rate-limiter.js';
