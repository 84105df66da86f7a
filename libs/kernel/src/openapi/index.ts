export { ApiGroup } from './api-group.js';
export { buildOpenApi } from './build-open-api.js';
export { errorDefinitions } from './problem-responses.js';
export { Problems } from './problems.js';
