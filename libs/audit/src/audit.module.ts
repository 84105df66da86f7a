import { Global, Module } from '@nestjs/common';
import { feature, SchemaGuard, UnitRecorder } from '#kernel';
import { RevealRecorder } from '#vault';
import { AdoptChanges } from './adoption/adopt-changes.js';
import { auditConfig } from './audit.config.js';
import { auditErrors } from './audit.errors.js';
import { LogRestarted, UnattributedChangeFound, WitnessDisputed } from './audit.events.js';
import { auditPermissions } from './audit.permissions.js';
import { auditPurposes } from './audit.purposes.js';
import { Baseline } from './capture/baseline.js';
import { TriggerSchemaGuard } from './capture/trigger-schema-guard.js';
import { AuditCosignature } from './entities/audit-cosignature.entity.js';
import { AuditEntry } from './entities/audit-entry.entity.js';
import { AuditEntrySubject } from './entities/audit-entry-subject.entity.js';
import { AuditLog } from './entities/audit-log.entity.js';
import { AuditLogLease } from './entities/audit-log-lease.entity.js';
import { AuditLogTile } from './entities/audit-log-tile.entity.js';
import { AuditRetention } from './entities/audit-retention.entity.js';
import { AuditPublication } from './entities/audit-publication.entity.js';
import { AuditRowVersion } from './entities/audit-row-version.entity.js';
import { AuditTerm } from './entities/audit-term.entity.js';
import { AuditWitness } from './entities/audit-witness.entity.js';
import { CapturedTable } from './entities/captured-table.entity.js';
import { RowChange } from './entities/row-change.entity.js';
import { EntriesAboutPerson } from './export/entries-about-person.js';
import { logControllers, logProviders } from './log/log.parts.js';
import { CreateAudit1700000003000 } from './migrations/1700000003000-create-audit.js';
import { DatabaseRecord } from './log/verify/record/database-record.js';
import { AddTransparencyLog1700000003100 } from './migrations/1700000003100-add-transparency-log.js';
import { AddRowVersions1700000003200 } from './migrations/1700000003200-add-row-versions.js';
import { AddRetention1700000003300 } from './migrations/1700000003300-add-retention.js';
import { AddWitnesses1700000003400 } from './migrations/1700000003400-add-witnesses.js';
import { queryControllers, queryProviders } from './query/query.parts.js';
import { AnonymousRefusals } from './recorder/anonymous-refusals.js';
import { AuditRecorder } from './recorder/audit-recorder.js';
import { AuditRevealRecorder } from './recorder/audit-reveal-recorder.js';
import { ClientAddress } from './recorder/client-address.js';
import { EntryWriter } from './recorder/entry-writer.js';
import { ForgetAddresses } from './recorder/forget-addresses.js';
import { ExpirableEntries } from './retention/expirable-entries.js';
import { ExpirePayloads } from './retention/expire-payloads.js';
import { PayloadEraser } from './retention/payload-eraser.js';
import { retentionConfig } from './retention/retention.config.js';

/** Everything that happens is on the record: entries of units, changes of rows, reveals of personal data. */
@Global()
@Module({
  imports: [
    feature({
      name: 'audit',
      entities: [
        AuditEntry,
        AuditEntrySubject,
        RowChange,
        CapturedTable,
        AuditTerm,
        AuditRowVersion,
        AuditRetention,
        AuditLog,
        AuditLogTile,
        AuditLogLease,
        AuditCosignature,
        AuditPublication,
        AuditWitness,
      ],
      migrations: [
        CreateAudit1700000003000,
        AddTransparencyLog1700000003100,
        AddRowVersions1700000003200,
        AddRetention1700000003300,
        AddWitnesses1700000003400,
      ],
      errors: auditErrors,
      permissions: auditPermissions,
      purposes: auditPurposes,
      config: [auditConfig, retentionConfig],
      events: [LogRestarted, UnattributedChangeFound, WitnessDisputed],
    }),
  ],
  controllers: [...queryControllers, ...logControllers],
  providers: [
    ...queryProviders,
    ...logProviders,
    AdoptChanges,
    AnonymousRefusals,
    AuditRecorder,
    AuditRevealRecorder,
    Baseline,
    ClientAddress,
    DatabaseRecord,
    EntriesAboutPerson,
    EntryWriter,
    ExpirableEntries,
    ExpirePayloads,
    ForgetAddresses,
    PayloadEraser,
    TriggerSchemaGuard,
    { provide: UnitRecorder, useExisting: AuditRecorder },
    { provide: RevealRecorder, useExisting: AuditRevealRecorder },
    { provide: SchemaGuard, useExisting: TriggerSchemaGuard },
  ],
  exports: [AdoptChanges, UnitRecorder, RevealRecorder, SchemaGuard],
})
export class AuditModule {}
