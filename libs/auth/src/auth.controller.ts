import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, Authenticated, CurrentPrincipal, Problems, Public, type Principal } from '#kernel';
import { LogInRequest, RefreshRequest, RegisterRequest, VerifyEmailRequest } from './dto/requests.js';
import { AcceptedResponse, TokenResponse, VerifiedResponse } from './dto/responses.js';
import { RegistrationService } from './registration/registration.service.js';
import { LoginService } from './sessions/login.service.js';
import { SessionsService } from './sessions/sessions.service.js';

@ApiGroup(
  'Authentication',
  'Register, log in, carry a session on and end it, and take care of your password.',
)
@Controller('v1/auth')
export class AuthController {
  constructor(
    private readonly registration: RegistrationService,
    private readonly login: LoginService,
    private readonly sessions: SessionsService,
  ) {}

  @Post('register')
  @Public()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'registerAccount',
    summary: 'Register',
    description:
      'The account exists once the address is verified with the token from the mail. The answer is always the same.',
  })
  @ApiAcceptedResponse({ type: AcceptedResponse })
  @Problems('kernel.rate_limited')
  async registerAccount(@Body() body: RegisterRequest): Promise<AcceptedResponse> {
    await this.registration.register(body);
    return { message: 'If this can be done, a mail is on its way.' };
  }

  @Post('verify-email')
  @Public()
  @HttpCode(200)
  @ApiOperation({ operationId: 'verifyEmail', summary: 'Verify an e-mail address, which makes the account' })
  @ApiOkResponse({ type: VerifiedResponse })
  @Problems('auth.invalid_link', 'users.email_taken', 'kernel.rate_limited')
  async verifyEmail(@Body() { token }: VerifyEmailRequest): Promise<VerifiedResponse> {
    return { userId: await this.registration.verify(token) };
  }

  @Post('login')
  @Public()
  @HttpCode(200)
  @ApiOperation({ operationId: 'logIn', summary: 'Log in with an e-mail address and a password' })
  @ApiOkResponse({ type: TokenResponse })
  @Problems('auth.invalid_credentials', 'kernel.rate_limited')
  logIn(@Body() { email, password, deviceToken }: LogInRequest): Promise<TokenResponse> {
    return this.login.logIn(email, password, deviceToken);
  }

  @Post('refresh')
  @Public()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'refreshTokens',
    summary: 'Exchange a refresh token for new tokens',
    description: 'A refresh token works once. One that is used again ends its session.',
  })
  @ApiOkResponse({ type: TokenResponse })
  @Problems('auth.invalid_refresh_token', 'kernel.rate_limited')
  refreshTokens(@Body() { refreshToken }: RefreshRequest): Promise<TokenResponse> {
    return this.sessions.refresh(refreshToken);
  }

  @Post('logout')
  @Authenticated()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'logOut',
    summary: 'Log out: end the present session and all its tokens at once',
  })
  @ApiNoContentResponse({ description: 'The session is over.' })
  async logOut(@CurrentPrincipal() { id, sessionId }: Principal): Promise<void> {
    if (sessionId !== undefined) await this.sessions.revoke(id, sessionId, 'logged_out');
  }
}
