/** What people may ask of whoever holds data on them: purposes, export, erasure, and the register of processing. */
export { PrivacyModule } from './privacy.module.js';
export { ErasureParticipant } from './erasure/erasure-participant.js';
export { SubjectErasure, type SubjectErasureResult } from './erasure/subject-erasure.js';
export { SubjectExport } from './export/subject-export.js';
export { SubjectErased } from './privacy.events.js';
export { privacyErrors } from './privacy.errors.js';
export { privacyPermissions } from './privacy.permissions.js';
