import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, RequirePermission } from '#kernel';
import { RegisterResponse } from './dto/register.response.js';
import { ProcessingRegister } from './register/processing-register.js';

@ApiGroup('Privacy administration', 'For administrators and data protection officers.')
@Controller('v1/admin/privacy')
export class PrivacyRegisterController {
  constructor(private readonly register: ProcessingRegister) {}

  @Get('register')
  @RequirePermission('privacy.read')
  @ApiOperation({
    operationId: 'readProcessingRegister',
    summary: 'The record of processing activities',
    description: 'Generated from the annotations in the code (GDPR Article 30), so it cannot fall behind.',
  })
  @ApiOkResponse({ type: RegisterResponse })
  readProcessingRegister(): RegisterResponse {
    return { activities: this.register.activities() };
  }
}
