import { AuditEntriesController } from '../audit-entries.controller.js';
import { AuditExportController } from '../audit-export.controller.js';
import { AuditIncidentController } from '../audit-incident.controller.js';
import { AuditResourcesController } from '../audit-resources.controller.js';
import { EntryExport } from '../export/entry-export.js';
import { ChangedSubjects } from '../incident/changed-subjects.js';
import { CredentialSessions } from '../incident/credential-sessions.js';
import { ExposureExport } from '../incident/exposure-export.js';
import { Exposures } from '../incident/exposures.js';
import { AuditEntriesService } from './audit-entries.service.js';
import { EntryChanges } from './entry-changes.js';
import { EntrySearch } from './entry-search.js';
import { EntryWalk } from './entry-walk.js';
import { ReadableChanges } from './readable-changes.js';
import { ResourceHistory } from './resource-history.js';
import { ResourceTables } from './resource-tables.js';
import { RowImages } from './row-images.js';
import { RowVersions } from './row-versions.js';

/** What answers an auditor's questions. */
export const queryControllers = [
  AuditEntriesController,
  AuditExportController,
  AuditIncidentController,
  AuditResourcesController,
];

export const queryProviders = [
  AuditEntriesService,
  ChangedSubjects,
  CredentialSessions,
  EntryChanges,
  EntryExport,
  EntrySearch,
  EntryWalk,
  ExposureExport,
  Exposures,
  ReadableChanges,
  ResourceHistory,
  ResourceTables,
  RowImages,
  RowVersions,
];
