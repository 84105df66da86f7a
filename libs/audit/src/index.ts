/**
 * The record: an entry for every unit of work, an image of every changed row, and every reveal of personal data.
 * It implements the kernel's recorder and schema guard and the vault's reveal recorder; nothing calls it by hand.
 */
export { AdoptChanges } from './adoption/adopt-changes.js';
export { auditErrors } from './audit.errors.js';
export { LogRestarted, UnattributedChangeFound, WitnessDisputed } from './audit.events.js';
export { AuditModule } from './audit.module.js';
export { auditPermissions } from './audit.permissions.js';
export { auditPurposes } from './audit.purposes.js';
export { parseVkey } from './log/note/key.js';
export { verifyTlogProof } from './log/note/tlog-proof.js';
export { NewLog, NothingLost } from './log/restore/new-log.js';
export { Sequencer } from './log/sequencer/sequencer.js';
export { SEQUENCER_STEPS, SequencerSteps } from './log/sequencer/steps.js';
export type { AuditOptions, Verdict } from './log/verify/audit-source.js';
export { type AuditToCopy, copyAudit } from './log/verify/copy-audit.js';
export { DatabaseRecord } from './log/verify/record/database-record.js';
export { ProgressBar } from './log/verify/progress.js';
export { notesOf } from './log/verify/remembered.js';
export { type AuditToVerify, verifyAudit } from './log/verify/verify-audit.js';
export { runWitness, type WitnessOptions } from './log/witness/run-witness.js';
export { AuditEntriesService } from './query/audit-entries.service.js';
export { AuditEntryDetailResponse } from './dto/audit-entry-detail.response.js';
export { AuditEntryResponse } from './dto/audit-entry.response.js';
export { ANONYMOUS_ADDRESS_DAYS } from './recorder/forget-addresses.js';
