import { Controller, Get, HttpCode, Post, type StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import {
  ApiGroup,
  Authenticated,
  Clock,
  CurrentPrincipal,
  Problems,
  type Principal,
  streamAnswer,
} from '#kernel';
import { ErasureResponse } from './dto/erasure.response.js';
import { ExportResponse } from './dto/export.response.js';
import { SubjectErasure } from './erasure/subject-erasure.js';
import { SubjectExport } from './export/subject-export.js';
import { privacyErrors } from './privacy.errors.js';
import { retentionText } from './retention-classes.js';

/** A token that somebody found does no lasting harm without the password. */
const LOGIN_IS_RECENT_S = 15 * 60;

@ApiGroup('Privacy', 'What people can ask of whoever holds data on them.')
@Authenticated()
@Controller('v1/users/me')
export class MyDataController {
  constructor(
    private readonly subjectExport: SubjectExport,
    private readonly subjectErasure: SubjectErasure,
    private readonly clock: Clock,
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
      'Cannot be undone, and therefore asks for a login within the last 15 minutes (a refresh is none). You are logged out everywhere at once; `effectiveBy` says from when on no part of the system can read the data.',
  })
  @ApiOkResponse({ type: ErasureResponse })
  @Problems('privacy.people_only', 'privacy.login_not_recent')
  async eraseMyAccount(@CurrentPrincipal() principal: Principal): Promise<ErasureResponse> {
    const { effectiveBy, retained } = await this.subjectErasure.erase(this.freshPersonOf(principal));
    return {
      effectiveBy: effectiveBy.toISOString(),
      retained: retained.map((retention) => ({ retention, kept: retentionText(retention) })),
    };
  }

  /** Refuses as RFC 9470 section 3 has it. */
  private freshPersonOf(principal: Principal): string {
    const person = personOf(principal);
    const provenAt = principal.loggedInAt?.getTime() ?? 0;
    if (this.clock.now().getTime() - provenAt <= LOGIN_IS_RECENT_S * 1000) return person;
    const challenge = `Bearer realm="steward", error="insufficient_user_authentication", max_age="${LOGIN_IS_RECENT_S}"`;
    throw privacyErrors.problem('privacy.login_not_recent', { headers: { 'www-authenticate': challenge } });
  }
}

function personOf({ kind, id }: Principal): string {
  if (kind !== 'user') throw privacyErrors.problem('privacy.people_only');
  return id;
}
