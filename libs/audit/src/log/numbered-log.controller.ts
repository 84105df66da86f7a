import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiGroup, Problems, Public, RequirePermission } from '#kernel';
import { LogAnswers, RestOfPath, TileLevel } from './log-answers.js';
import { BundleRoute, CheckpointAnswer, KeyAnswer, LogNumber, TileRoute } from './log-docs.js';
import { LOG_GROUP } from './log.controller.js';

/** Each log by its number: this is the prefix of every log but the first. */
@Controller('v1/log/:number')
@ApiGroup(...LOG_GROUP)
export class NumberedLogController {
  constructor(private readonly answers: LogAnswers) {}

  @Get('key')
  @Public()
  @ApiOperation({ operationId: 'getKeyOfLog', summary: 'The public key that signs a log' })
  @KeyAnswer()
  @Problems('audit.log_not_found')
  async key(@LogNumber() number: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.answers.key(Number(number), reply);
  }

  @Get('checkpoint')
  @Public()
  @ApiOperation({ operationId: 'getCheckpointOfLog', summary: 'The newest signed checkpoint of a log' })
  @CheckpointAnswer()
  @Problems('audit.log_not_found')
  async checkpoint(@LogNumber() number: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.answers.checkpoint(Number(number), reply);
  }

  @Get('tile/entries/*')
  @RequirePermission('audit.read')
  @ApiOperation({
    operationId: 'getEntryBundleOfLog',
    summary: 'The leaf data of up to 256 entries of a log',
  })
  @BundleRoute()
  async bundle(
    @LogNumber() number: string,
    @RestOfPath() path: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.answers.bundle(Number(number), path, reply);
  }

  @Get('tile/:level/*')
  @Public()
  @ApiOperation({ operationId: 'getTileOfLog', summary: 'A tile of the Merkle tree of a log' })
  @TileRoute()
  async tile(
    @LogNumber() number: string,
    @TileLevel() level: string,
    @RestOfPath() path: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.answers.tile(Number(number), `${level}/${path}`, reply);
  }
}
