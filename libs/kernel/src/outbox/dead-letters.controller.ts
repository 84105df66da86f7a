import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { RequirePermission } from '../http/access/access.js';
import { type Page, PageOf, PageQuery } from '../http/pagination.js';
import { IdParam } from '../http/path-params.js';
import { ApiGroup } from '../openapi/api-group.js';
import { Problems } from '../openapi/problems.js';
import { DeadLetterResponse } from './dead-letter.response.js';
import { OutboxRelay } from './relay.js';

const DeadLetterPage = PageOf(DeadLetterResponse);

@ApiGroup('Operations', 'What an operator looks after.')
@Controller('v1/admin/outbox/dead-letters')
export class DeadLettersController {
  constructor(private readonly relay: OutboxRelay) {}

  @Get()
  @RequirePermission('kernel.outbox.read')
  @ApiOperation({
    operationId: 'listDeadLetters',
    summary: 'List the events that no handler could take, oldest first',
  })
  @ApiOkResponse({ type: DeadLetterPage, description: 'One page of events.' })
  async list(@Query() query: PageQuery): Promise<Page<DeadLetterResponse>> {
    const { items, nextCursor } = await this.relay.deadLetters(query);
    return { items: items.map(DeadLetterResponse.of), nextCursor };
  }

  @Post(':id/replay')
  @HttpCode(204)
  @RequirePermission('kernel.outbox.replay')
  @ApiOperation({
    operationId: 'replayDeadLetter',
    summary: 'Send a dead letter to its handlers again',
    description: 'Handlers that had already finished with it are not called a second time.',
  })
  @ApiNoContentResponse({ description: 'It will be delivered shortly.' })
  @Problems('kernel.not_found')
  async replay(@IdParam('evt', 'The id of the event.') id: string): Promise<void> {
    await this.relay.replay(id);
  }
}
