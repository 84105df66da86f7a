import { AuditEntriesController } from '../audit-entries.controller.js';
import { AuditResourcesController } from '../audit-resources.controller.js';
import { AuditEntriesService } from './audit-entries.service.js';
import { EntryChanges } from './entry-changes.js';
import { EntrySearch } from './entry-search.js';
import { ReadableChanges } from './readable-changes.js';
import { ResourceHistory } from './resource-history.js';
import { ResourceTables } from './resource-tables.js';
import { RowImages } from './row-images.js';
import { RowVersions } from './row-versions.js';

/** What answers an auditor's questions. */
export const queryControllers = [AuditEntriesController, AuditResourcesController];

export const queryProviders = [
  AuditEntriesService,
  EntryChanges,
  EntrySearch,
  ReadableChanges,
  ResourceHistory,
  ResourceTables,
  RowImages,
  RowVersions,
];
