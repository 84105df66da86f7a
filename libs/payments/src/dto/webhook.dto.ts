import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';

export class GatewayParam {
  @ApiProperty({ example: 'sandbox', description: 'The name of the gateway.' })
  @Matches(/^[a-z][a-z0-9-]{0,19}$/)
  readonly gateway: string;
}

/** What the sandbox's webhook takes; other gateways have formats of their own. For the API document only. */
export class SandboxNotification {
  @ApiProperty({ example: 'pay_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'The payment that waits.' })
  readonly paymentId: string;

  @ApiProperty({ enum: ['approved', 'declined'], example: 'approved', description: 'What the customer did.' })
  readonly outcome: 'approved' | 'declined';
}
