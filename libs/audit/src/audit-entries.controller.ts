import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, IdParam, type Page, PageOf, Problems, RequirePermission } from '#kernel';
import { AuditEntryDetailResponse } from './dto/audit-entry-detail.response.js';
import { AuditEntryResponse } from './dto/audit-entry.response.js';
import { ListEntriesQuery } from './dto/list-entries.query.js';
import { RevealQuery } from './dto/reveal.query.js';
import { AuditEntriesService } from './query/audit-entries.service.js';
import type { EntryFilter } from './query/entry-search.js';

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
      'Every filter given must hold. Client addresses stay `[sealed]` unless `reveal` asks for them.',
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

const purposeOf = ({ reveal, purpose }: RevealQuery) => (reveal === undefined ? undefined : purpose);

function filterOf(query: ListEntriesQuery): EntryFilter {
  const { resource, subject, actor, action, outcome, from, to } = query;
  const [type = '', ...id] = (resource ?? '').split(':');
  return {
    ...(resource === undefined ? {} : { resource: { type, id: id.join(':') } }),
    ...(subject === undefined ? {} : { subject }),
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(from === undefined ? {} : { from: clamped(from) }),
    ...(to === undefined ? {} : { to: clamped(to) }),
  };
}

const EARLIEST = Date.UTC(1970, 0, 1);
const LATEST = Date.UTC(9999, 11, 31);

/** No entry lies outside these instants, and the databases cannot write down all that RFC 3339 can. */
const clamped = (instant: string) => new Date(Math.min(Math.max(Date.parse(instant), EARLIEST), LATEST));
