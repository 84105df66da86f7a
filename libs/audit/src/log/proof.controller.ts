import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { ApiGroup, IdParam, Problems, RequirePermission } from '#kernel';
import { PublishedLog } from './published-log.js';

class EntryProofResponse {
  @ApiProperty({
    type: 'string',
    format: 'byte',
    description: 'The leaf data, in Base64: canonical JSON.',
    example: 'eyJhY3Rpb24iOiJwYXltZW50LmNhcHR1cmUiLCJ2IjoxfQ==',
  })
  readonly leaf: string;

  @ApiProperty({
    description: 'The proof as C2SP tlog-proof writes it, with the signed checkpoint at its end.',
    example: 'c2sp.org/tlog-proof@v1\nindex 7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n…',
  })
  readonly proof: string;
}

@Controller('v1/admin/audit/entries')
@ApiGroup('Audit', 'The record of everything that was done, refused or went wrong.')
@RequirePermission('audit.read')
export class ProofController {
  constructor(private readonly log: PublishedLog) {}

  @Get(':id/proof')
  @ApiOperation({
    operationId: 'getAuditEntryProof',
    summary: 'Prove that an entry is in the transparency log',
    description:
      'Can be checked offline with the log’s key alone: `steward audit:verify --proof FILE --leaf FILE`.',
  })
  @ApiOkResponse({ type: EntryProofResponse, description: 'The leaf and its proof.' })
  @Problems('audit.entry_not_found', 'audit.not_sequenced')
  async proof(@IdParam('aud', 'The id of the entry.') id: string): Promise<EntryProofResponse> {
    const { leaf, proof } = await this.log.proofOf(id);
    return { leaf: leaf.toString('base64'), proof };
  }
}
