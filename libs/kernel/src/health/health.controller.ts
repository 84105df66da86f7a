import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/access/access.js';
import { ApiGroup } from '../openapi/api-group.js';
import { Health, type Readiness } from './health.service.js';

class LivenessResponse {
  @ApiProperty({ enum: ['alive'], example: 'alive', description: 'The process answers.' })
  readonly status: 'alive';
}

class ReadinessResponse implements Readiness {
  @ApiProperty({
    enum: ['ready', 'unavailable'],
    example: 'ready',
    description: 'Whether requests may be sent here.',
  })
  readonly status: 'ready' | 'unavailable';

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', enum: ['ok', 'failed'] },
    example: { databaseRead: 'ok', databaseWrite: 'ok', migrations: 'ok', changeCapture: 'ok' },
    description: 'Each check by name. Why one failed is in the log.',
  })
  readonly checks: Readiness['checks'];

  @ApiProperty({
    type: 'object',
    additionalProperties: {
      type: 'object',
      nullable: true,
      additionalProperties: { oneOf: [{ type: 'string' }, { type: 'number' }], nullable: true },
    },
    example: {
      transparencyLog: {
        log: 1,
        size: 20_852_163,
        served: 20_852_140,
        waiting: 3,
        lagSeconds: 0.4,
        unattributedChanges: 0,
      },
      witnesses: { 'witness.example/w1': 'ok' },
    },
    description: 'Figures to watch, by the part of the system that tells them; they do not decide readiness.',
  })
  readonly details: Readiness['details'];
}

@ApiGroup('Health', 'For load balancers and orchestrators.')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  @ApiOperation({ operationId: 'getLiveness', summary: 'Tell whether the process is alive' })
  @ApiOkResponse({ type: LivenessResponse, description: 'It is.' })
  @Get('live')
  live(): LivenessResponse {
    return { status: 'alive' };
  }

  @ApiOperation({ operationId: 'getReadiness', summary: 'Tell whether the process can do its work' })
  @ApiOkResponse({ type: ReadinessResponse, description: 'It can.' })
  @ApiResponse({
    status: 503,
    type: ReadinessResponse,
    description: 'It cannot now; a check failed or it is stopping.',
    example: {
      status: 'unavailable',
      checks: { databaseRead: 'ok', databaseWrite: 'failed', migrations: 'ok', changeCapture: 'ok' },
      details: {},
    } satisfies ReadinessResponse,
  })
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessResponse> {
    const readiness = await this.health.readiness();
    if (readiness.status !== 'ready') reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return readiness;
  }
}
