import { Controller, Delete, Get, HttpCode, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Authenticated,
  CurrentPrincipal,
  IdParam,
  PageQuery,
  Problems,
  type Page,
  type Principal,
} from '#kernel';
import { authErrors } from './auth.errors.js';
import { SessionPage, type SessionResponse } from './dto/responses.js';
import { SessionsService } from './sessions/sessions.service.js';

@ApiTags('Authentication')
@Authenticated()
@Controller('v1/auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get()
  @ApiOperation({ operationId: 'listSessions', summary: 'List my live sessions, newest first' })
  @ApiOkResponse({ type: SessionPage })
  async listSessions(
    @CurrentPrincipal() principal: Principal,
    @Query() query: PageQuery,
  ): Promise<Page<SessionResponse>> {
    const { items, nextCursor } = await this.sessions.list(principal.id, query);
    return {
      items: items.map((session) => ({
        ...session,
        isCurrent: session.id === principal.sessionId,
        createdAt: session.createdAt.toISOString(),
        refreshedAt: session.refreshedAt.toISOString(),
        expiresAt: session.expiresAt.toISOString(),
      })),
      nextCursor,
    };
  }

  @Delete()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'revokeAllSessions',
    summary: 'End all my sessions, the present one included',
  })
  @ApiNoContentResponse({ description: 'You are logged out everywhere.' })
  revokeAllSessions(@CurrentPrincipal() { id }: Principal): Promise<void> {
    return this.sessions.revokeAll(id, 'revoked_by_user');
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'revokeSession', summary: 'End one of my sessions' })
  @ApiNoContentResponse({ description: 'The session and all its tokens are dead.' })
  @Problems('auth.session_not_found')
  async revokeSession(
    @CurrentPrincipal() principal: Principal,
    @IdParam('ses', 'The id of the session.') id: string,
  ): Promise<void> {
    const isDone = await this.sessions.revoke(principal.id, id, 'revoked_by_user');
    if (!isDone) throw authErrors.problem('auth.session_not_found');
  }
}
