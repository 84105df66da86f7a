import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, IdParam, type Page, PageOf, PageQuery, Problems, RequirePermission } from '#kernel';
import { AuditEntryDetailResponse, SubjectPage } from './dto/audit-entry-detail.response.js';
import { AuditEntryResponse } from './dto/audit-entry.response.js';
import { filterOf } from './dto/entry-filter.query.js';
import { GetEntryQuery, ListEntriesQuery, PageOfChangesQuery } from './dto/list-entries.query.js';
import { purposeOf } from './dto/reveal.query.js';
import { RowChangeResponse } from './dto/row-change.response.js';
import { AuditEntriesService } from './query/audit-entries.service.js';

const AuditEntryPage = PageOf(AuditEntryResponse);
const RowChangePage = PageOf(RowChangeResponse);
const EntryId = () => IdParam('aud', 'The id of the entry.');

@Controller('v1/admin/audit/entries')
@ApiGroup('Audit', 'The record of everything that was done, refused or went wrong.')
@RequirePermission('audit.read')
export class AuditEntriesController {
  constructor(private readonly entries: AuditEntriesService) {}

  @Get()
  @ApiOperation({
    operationId: 'listAuditEntries',
    summary: 'List audit entries, newest first',
    description:
      'Every filter given must hold. Client addresses stay `[sealed]` unless `reveal` asks for them. When hardly an ' +
      'entry matches several filters, or very many lie less than a second outside the span of time, a page may hold ' +
      'fewer than `limit`, or none, and yet have a next one: read on until `nextCursor` is null.',
  })
  @ApiOkResponse({ type: AuditEntryPage, description: 'One page of entries.' })
  async list(@Query() query: ListEntriesQuery): Promise<Page<AuditEntryResponse>> {
    return this.entries.list(filterOf(query), query, purposeOf(query, 'clientAddress'));
  }

  @Get(':id')
  @ApiOperation({
    operationId: 'getAuditEntry',
    summary: 'Read one audit entry with the row changes it accounts for',
    description: 'Personal data in the changes is shown as `[sealed]` unless `reveal` asks for it.',
  })
  @ApiOkResponse({ type: AuditEntryDetailResponse, description: 'The entry.' })
  @Problems('audit.entry_not_found')
  async get(@EntryId() id: string, @Query() query: GetEntryQuery): Promise<AuditEntryDetailResponse> {
    const clientAddress = purposeOf(query, 'clientAddress');
    return this.entries.get(id, { clientAddress, changes: purposeOf(query, 'changes') });
  }

  @Get(':id/changes')
  @ApiOperation({
    operationId: 'listChangesOfAuditEntry',
    summary: 'List the row changes that an audit entry accounts for, in their order',
    description: 'Personal data is shown as `[sealed]` unless `reveal` asks for it.',
  })
  @ApiOkResponse({ type: RowChangePage, description: 'One page of changes.' })
  @Problems('audit.entry_not_found')
  async changes(@EntryId() id: string, @Query() query: PageOfChangesQuery): Promise<Page<RowChangeResponse>> {
    return this.entries.changesOf(id, query, purposeOf(query, 'changes'));
  }

  @Get(':id/subjects')
  @ApiOperation({
    operationId: 'listSubjectsOfAuditEntry',
    summary: 'List the people whom an audit entry is about',
  })
  @ApiOkResponse({ type: SubjectPage, description: 'One page of ids.' })
  @Problems('audit.entry_not_found')
  async subjects(@EntryId() id: string, @Query() query: PageQuery): Promise<SubjectPage> {
    return this.entries.subjectsOfEntry(id, query);
  }
}
