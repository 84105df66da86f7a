import { ApiGroup, Problems, Public } from '#kernel';
import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiNoContentResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { GatewayName, SandboxNotification } from './dto/webhook.dto.js';
import { PaymentNotifications } from './use-cases/notifications.js';

@ApiGroup('Webhooks', 'For payment gateways; calls are signed.')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(private readonly notifications: PaymentNotifications) {}

  @Post(':gateway')
  @Public()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'receiveWebhook',
    summary: 'Tell what became of a payment',
    description:
      'Called by gateways. For the sandbox it completes payments in `requires_action`; docs/payments.md shows how to sign.',
  })
  @ApiHeader({
    name: 'Sandbox-Signature',
    required: false,
    description: 'Of the sandbox: `t=<seconds since 1970>,v1=<hex HMAC-SHA-256 of "t.body">`.',
    schema: {
      type: 'string',
      example: 't=1767323045,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd',
    },
  })
  @ApiBody({
    type: SandboxNotification,
    description: 'In the format of the gateway; shown is that of the sandbox.',
  })
  @ApiNoContentResponse({ description: 'Taken in, or known already.' })
  @Problems('payments.webhook_not_genuine', 'payments.unknown_gateway', 'payments.not_found')
  receiveWebhook(@GatewayName() gateway: string, @Req() { rawBody, headers }: FastifyRequest): Promise<void> {
    return this.notifications.receive(gateway, { body: rawBody ?? Buffer.alloc(0), headers });
  }
}
