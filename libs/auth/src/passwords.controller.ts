import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, Problems, Public, type Principal } from '#kernel';
import {
  ChangePasswordRequest,
  ConfirmPasswordResetRequest,
  RequestPasswordResetRequest,
} from './dto/requests.js';
import { AcceptedResponse, TokenResponse } from './dto/responses.js';
import { PasswordsService } from './passwords/passwords.service.js';

@ApiTags('Authentication')
@Controller('v1/auth')
export class PasswordsController {
  constructor(private readonly passwords: PasswordsService) {}

  @Post('password')
  @Authenticated()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change my password',
    description: 'Every session ends, also the present one. Carry on with the tokens in the answer.',
  })
  @ApiOkResponse({ type: TokenResponse })
  @Problems('auth.wrong_password', 'kernel.rate_limited')
  changePassword(
    @CurrentPrincipal() { id }: Principal,
    @Body() body: ChangePasswordRequest,
  ): Promise<TokenResponse> {
    return this.passwords.change(id, body.currentPassword, body.newPassword);
  }

  @Post('password-reset')
  @Public()
  @HttpCode(202)
  @ApiOperation({
    operationId: 'requestPasswordReset',
    summary: 'Ask for a mail with which to choose a new password',
    description: 'The answer is always the same.',
  })
  @ApiAcceptedResponse({ type: AcceptedResponse })
  @Problems('kernel.rate_limited')
  async requestPasswordReset(@Body() { email }: RequestPasswordResetRequest): Promise<AcceptedResponse> {
    await this.passwords.requestReset(email);
    return { message: 'If this can be done, a mail is on its way.' };
  }

  @Post('password-reset/confirm')
  @Public()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'confirmPasswordReset',
    summary: 'Choose a new password with the token from the mail',
    description: 'Every session ends. Log in with the new password.',
  })
  @ApiNoContentResponse({ description: 'The new password holds.' })
  @Problems('auth.invalid_link', 'kernel.rate_limited')
  confirmPasswordReset(@Body() { token, newPassword }: ConfirmPasswordResetRequest): Promise<void> {
    return this.passwords.confirmReset(token, newPassword);
  }
}
