import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiGroup, Public, RequirePermission } from '#kernel';
import { LogAnswers, RestOfPath, TileLevel } from './log-answers.js';
import { BundleRoute, CheckpointAnswer, KeyAnswer, MovedAnswer, TileRoute } from './log-docs.js';

export const LOG_GROUP = [
  'Transparency log',
  'What a stranger needs to check the record (C2SP tlog-tiles).',
] as const;

const FIRST = 1;

/**
 * The transparency log. These paths are the prefix of the first one; a log that continues it has a prefix of its own, for
 * caches keep tiles for ever. What changes leads on to the log that grows.
 */
@Controller('v1/log')
@ApiGroup(...LOG_GROUP)
export class LogController {
  constructor(private readonly answers: LogAnswers) {}

  @Get('key')
  @Public()
  @ApiOperation({ operationId: 'getLogKey', summary: 'The public key that signs the log' })
  @KeyAnswer()
  @MovedAnswer()
  async key(@Res({ passthrough: true }) reply: FastifyReply): Promise<string | undefined> {
    return (await this.answers.leadOn(reply, 'key')) ? undefined : this.answers.key(FIRST, reply);
  }

  @Get('checkpoint')
  @Public()
  @ApiOperation({ operationId: 'getLogCheckpoint', summary: 'The newest signed checkpoint' })
  @CheckpointAnswer()
  @MovedAnswer()
  async checkpoint(@Res({ passthrough: true }) reply: FastifyReply): Promise<string | undefined> {
    return (await this.answers.leadOn(reply, 'checkpoint'))
      ? undefined
      : this.answers.checkpoint(FIRST, reply);
  }

  @Get('tile/entries/*')
  @RequirePermission('audit.read')
  @ApiOperation({
    operationId: 'getLogEntryBundle',
    summary: 'The leaf data of up to 256 entries',
    description: 'Leaf data hold no personal data in clear: see the format of the audit log.',
  })
  @BundleRoute()
  async bundle(@RestOfPath() path: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.answers.bundle(FIRST, path, reply);
  }

  @Get('tile/:level/*')
  @Public()
  @ApiOperation({ operationId: 'getLogTile', summary: 'A tile of the Merkle tree: up to 256 hashes' })
  @TileRoute()
  async tile(
    @TileLevel() level: string,
    @RestOfPath() path: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.answers.tile(FIRST, `${level}/${path}`, reply);
  }
}
