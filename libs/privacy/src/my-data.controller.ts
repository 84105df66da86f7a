import { Controller, Get, HttpCode, Post, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, Authenticated, CurrentPrincipal, Problems, type Principal, streamAnswer } from '#kernel';
import { ErasureResponse } from './dto/erasure.response.js';
import { ExportResponse } from './dto/export.response.js';
import { SubjectErasure } from './erasure/subject-erasure.js';
import { SubjectExport } from './export/subject-export.js';
import { privacyErrors } from './privacy.errors.js';
import { retentionText } from './retention-classes.js';

@ApiGroup('Privacy', 'What people can ask of whoever holds data on them.')
@Authenticated()
@Controller('v1/users/me')
export class MyDataController {
  constructor(
    private readonly subjectExport: SubjectExport,
    private readonly subjectErasure: SubjectErasure,
  ) {}

  @Get('export')
  @ApiOperation({ operationId: 'exportMyData', summary: 'Everything that is held on me' })
  @ApiOkResponse({ type: ExportResponse })
  @Problems('privacy.people_only')
  async exportMyData(@CurrentPrincipal() principal: Principal): Promise<StreamableFile> {
    const pieces = await this.subjectExport.begin(personOf(principal));
    return streamAnswer(pieces, { type: 'application/json; charset=utf-8', fileName: 'my-data.json' });
  }

  @Post('erasure')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'eraseMyAccount',
    summary: 'Erase my account for good',
    description:
      'Cannot be undone. You are logged out everywhere at once; `effectiveBy` says from when on no part of the system can read the data.',
  })
  @ApiOkResponse({ type: ErasureResponse })
  @Problems('privacy.people_only')
  async eraseMyAccount(@CurrentPrincipal() principal: Principal): Promise<ErasureResponse> {
    const { effectiveBy, retained } = await this.subjectErasure.erase(personOf(principal));
    return {
      effectiveBy: effectiveBy.toISOString(),
      retained: retained.map((retention) => ({ retention, kept: retentionText(retention) })),
    };
  }
}

function personOf({ kind, id }: Principal): string {
  if (kind !== 'user') throw privacyErrors.problem('privacy.people_only');
  return id;
}
