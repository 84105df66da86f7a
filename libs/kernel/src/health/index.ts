export { Health, type Readiness } from './health.service.js';
