import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, type Page, PageOf, PathParam, Problems, RequirePermission } from '#kernel';
import { instantOf } from './dto/entry-filter.query.js';
import { PageOfChangesQuery } from './dto/list-entries.query.js';
import { ResourceAtQuery, ResourceAtResponse, ResourceVersionResponse } from './dto/resource-history.js';
import { purposeOf } from './dto/reveal.query.js';
import { ResourceHistory } from './query/resource-history.js';

const ResourceVersionPage = PageOf(ResourceVersionResponse);

const ResourceType = () =>
  PathParam('type', {
    pattern: /^[a-z][a-z0-9_-]{0,63}$/,
    rule: 'must be the type of a resource',
    description: 'The type of the resource: the name of its table.',
    example: 'payment',
  });
const ResourceId = () =>
  PathParam('id', {
    pattern: /^[ -~\u00a0-\uffff]{1,200}$/,
    rule: 'must be the id of a resource',
    description: 'The primary key; a JSON array of texts when it has several columns.',
    example: 'pay_01j9zt2f3kfa8b7c6d5e4f3g2h',
  });

@Controller('v1/admin/audit/resources')
@ApiGroup('Audit', 'The record of everything that was done, refused or went wrong.')
@RequirePermission('audit.read')
export class AuditResourcesController {
  constructor(private readonly resources: ResourceHistory) {}

  @Get(':type/:id')
  @ApiOperation({
    operationId: 'getResourceAt',
    summary: 'Read a resource as it was at an instant',
    description:
      'From the captured changes of its row, to the millisecond, by the clock of the database. Personal data is shown as `[sealed]` unless ' +
      '`reveal` asks for it.',
  })
  @ApiOkResponse({ type: ResourceAtResponse, description: 'The resource at that instant.' })
  @Problems('audit.history_not_kept')
  async at(
    @ResourceType() type: string,
    @ResourceId() id: string,
    @Query() query: ResourceAtQuery,
  ): Promise<ResourceAtResponse> {
    const at = query.at === undefined ? undefined : instantOf(query.at);
    return this.resources.at({ type, id }, at, purposeOf(query, 'changes'));
  }

  @Get(':type/:id/history')
  @ApiOperation({
    operationId: 'listResourceHistory',
    summary: 'List every version of a resource, newest first',
    description:
      'Every captured change of its row, who made it and what it did to each field. Personal data is shown as `[sealed]` ' +
      'unless `reveal` asks for it. A row of which no change is on record has no versions.',
  })
  @ApiOkResponse({ type: ResourceVersionPage, description: 'One page of versions.' })
  @Problems('audit.history_not_kept')
  async history(
    @ResourceType() type: string,
    @ResourceId() id: string,
    @Query() query: PageOfChangesQuery,
  ): Promise<Page<ResourceVersionResponse>> {
    return this.resources.list({ type, id }, query, purposeOf(query, 'changes'));
  }
}
