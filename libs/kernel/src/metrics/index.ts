export { type Count, type Measurement, Metrics } from './metrics.js';
export { metricsConfig, type MetricsConfig } from './metrics.config.js';
