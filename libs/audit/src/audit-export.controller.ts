import { Controller, Get, Query, type StreamableFile } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { ApiGroup, ChoiceField, RequirePermission, streamAnswer } from '#kernel';
import { EntryFilterQuery, filterOf } from './dto/entry-filter.query.js';
import { EntryExport } from './export/entry-export.js';
import { ENTRY_FILES, FileAnswer } from './export/export-docs.js';
import { EXPORT_FORMATS, type ExportFormat, WRITERS } from './export/export-formats.js';

class ExportEntriesQuery extends EntryFilterQuery {
  @ChoiceField(EXPORT_FORMATS, {
    enumName: 'AuditExportFormat',
    optional: true,
    standard: 'ndjson',
    description: 'One JSON object a line; CSV with a header (RFC 4180); or one OCSF 1.8 event a line.',
    example: 'ndjson',
  })
  readonly format: ExportFormat = 'ndjson';
}

@Controller('v1/admin/audit/export')
@ApiGroup('Audit', 'The record of everything that was done, refused or went wrong.')
@RequirePermission('audit.export')
export class AuditExportController {
  constructor(private readonly entries: EntryExport) {}

  @Get()
  @ApiOperation({
    operationId: 'exportAuditEntries',
    summary: 'Export audit entries, oldest first',
    description:
      'All entries that match the filters and were written before it began, as they are read, in any number, with their ' +
      'places in the transparency log and where the proofs are. The export is itself an entry, `audit.export`.',
  })
  @FileAnswer('The entries; the connection is broken off when they cannot be completed.', ENTRY_FILES)
  async export(@Query() query: ExportEntriesQuery): Promise<StreamableFile> {
    const { type, fileName } = WRITERS[query.format];
    return streamAnswer(await this.entries.begin(filterOf(query), query.format), { type, fileName });
  }
}
