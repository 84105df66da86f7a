export { type Facts, HealthDetail } from './health-detail.js';
export { Health, type Readiness } from './health.service.js';
