export { AdoptChanges } from './adoption/adopt-changes.js';
export { auditErrors } from './audit.errors.js';
export { UnattributedChangeFound } from './audit.events.js';
export { AuditModule } from './audit.module.js';
