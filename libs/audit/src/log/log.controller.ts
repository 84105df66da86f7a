import { applyDecorators, Controller, Get, Header, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiProduces } from '@nestjs/swagger';
import { ApiGroup, Problems, Public, RequirePermission } from '#kernel';
import { auditErrors } from '../audit.errors.js';
import { PublishedLog } from './published-log.js';
import { parseTilePath, type TilePath } from './tree/tile.js';

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';

/** The part of Fastify's request that has what a wildcard in the path stands for. */
interface WithWildcard {
  readonly params: { readonly '*'?: string };
}

const ProducesText = (description: string, example: string) =>
  applyDecorators(
    ApiProduces('text/plain'),
    Header('content-type', TEXT),
    ApiOkResponse({ description, content: { 'text/plain': { schema: { type: 'string', example } } } }),
  );

/** Tiles and bundles never change, so that whoever serves them to many may keep them. */
const ProducesTile = (description: string) =>
  applyDecorators(
    ApiProduces(BYTES),
    Header('content-type', BYTES),
    Header('cache-control', 'public, max-age=31536000, immutable'),
    ApiOkResponse({ description, content: { [BYTES]: { schema: { type: 'string', format: 'binary' } } } }),
    Problems('audit.tile_not_found'),
  );

@Controller('v1/log')
@ApiGroup('Transparency log', 'What a stranger needs to check the record (C2SP tlog-tiles).')
export class LogController {
  constructor(private readonly log: PublishedLog) {}

  @Get('key')
  @Public()
  @Header('cache-control', 'no-cache')
  @ApiOperation({
    operationId: 'getLogKey',
    summary: 'The public key that signs the log',
    description: 'A C2SP vkey; one a line, the current one first, while a key is being replaced by another.',
  })
  @ProducesText(
    'The vkeys.',
    'api.example.com/v1/log+1a2b3c4d+AbKq8yqvZ0J3cQyq1c9yq0m3m0b3cQyq1c9yq0m3m0b3\n',
  )
  async key(): Promise<string> {
    return this.log.keyText();
  }

  @Get('checkpoint')
  @Public()
  @Header('cache-control', 'no-cache')
  @ApiOperation({
    operationId: 'getLogCheckpoint',
    summary: 'The newest signed checkpoint',
    description: 'A C2SP tlog-checkpoint. Remember it: nothing that it covers can be changed unnoticed.',
  })
  @ProducesText(
    'The checkpoint.',
    'api.example.com/v1/log\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— api.example.com/v1/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n',
  )
  @Problems('audit.log_empty')
  async checkpoint(): Promise<string> {
    return this.log.checkpoint();
  }

  @Get('tile/entries/*')
  @RequirePermission('audit.read')
  @ApiOperation({
    operationId: 'getLogEntryBundle',
    summary: 'The leaf data of up to 256 entries',
    description: 'Leaf data hold no personal data in clear: see the format of the audit log.',
  })
  @ApiParam({
    name: 'path',
    description: 'Its index, `x001/x234/067`, and `.p/<W>` behind it when it has fewer than 256 entries.',
    schema: { type: 'string', pattern: '^(x\\d{3}/)*\\d{3}(\\.p/[1-9]\\d{0,2})?$', example: '000' },
  })
  @ProducesTile('Each leaf after its length in two bytes.')
  async bundle(@Req() request: WithWildcard): Promise<Buffer> {
    return this.log.bundle(pathOf(`entries/${request.params['*'] ?? ''}`));
  }

  @Get('tile/*')
  @Public()
  @ApiOperation({ operationId: 'getLogTile', summary: 'A tile of the Merkle tree: up to 256 hashes' })
  @ApiParam({
    name: 'path',
    description:
      'Its level and index, `0/x001/x234/067`, and `.p/<W>` behind it when it has fewer than 256 hashes.',
    schema: {
      type: 'string',
      pattern: '^\\d{1,2}/(x\\d{3}/)*\\d{3}(\\.p/[1-9]\\d{0,2})?$',
      example: '0/000',
    },
  })
  @ProducesTile('Hashes of 32 bytes each.')
  async tile(@Req() request: WithWildcard): Promise<Buffer> {
    const { level, ...path } = pathOf(request.params['*'] ?? '');
    if (level === 'entries') throw auditErrors.problem('audit.tile_not_found');
    return this.log.tile({ level, ...path });
  }
}

function pathOf(wildcard: string): TilePath {
  const path = parseTilePath(`tile/${wildcard}`);
  if (!path) throw auditErrors.problem('audit.tile_not_found');
  return path;
}
