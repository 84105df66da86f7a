export { LogDestination, RootLogger } from './root-logger.js';
export { NestLogger } from './nest-logger.js';
