import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, IdParam, type Page, PageOf, Problems, RequirePermission } from '#kernel';
import { AuditEntryDetailResponse } from './dto/audit-entry-detail.response.js';
import { AuditEntryResponse } from './dto/audit-entry.response.js';
import { filterOf } from './dto/entry-filter.query.js';
import { ListEntriesQuery } from './dto/list-entries.query.js';
import { RevealQuery } from './dto/reveal.query.js';
import { AuditEntriesService } from './query/audit-entries.service.js';

const AuditEntryPage = PageOf(AuditEntryResponse);

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
      'entry matches several filters, a page may hold fewer than `limit`, or none, and yet have a next one: read on ' +
      'until `nextCursor` is null.',
  })
  @ApiOkResponse({ type: AuditEntryPage, description: 'One page of entries.' })
  async list(@Query() query: ListEntriesQuery): Promise<Page<AuditEntryResponse>> {
    return this.entries.list(filterOf(query), query, purposeOf(query));
  }

  @Get(':id')
  @ApiOperation({
    operationId: 'getAuditEntry',
    summary: 'Read one audit entry with the row changes it accounts for',
    description: 'Personal data in the changes is shown as `[sealed]`.',
  })
  @ApiOkResponse({ type: AuditEntryDetailResponse, description: 'The entry.' })
  @Problems('audit.entry_not_found')
  async get(
    @IdParam('aud', 'The id of the entry.') id: string,
    @Query() query: RevealQuery,
  ): Promise<AuditEntryDetailResponse> {
    return this.entries.get(id, purposeOf(query));
  }
}

const purposeOf = ({ reveal, revealPurpose }: RevealQuery) =>
  reveal === undefined ? undefined : revealPurpose;
