import { PathParam } from '#kernel';
import { ApiProperty } from '@nestjs/swagger';

/** The gateway that the path names. */
export const GatewayName = () =>
  PathParam('gateway', {
    pattern: /^[a-z][a-z0-9-]{0,19}$/,
    rule: 'must be the name of a gateway',
    description: 'The name of the gateway.',
    example: 'sandbox',
  });

/** What the sandbox's webhook takes; other gateways have formats of their own. For the API document only. */
export class SandboxNotification {
  @ApiProperty({ example: 'pay_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'The payment that waits.' })
  readonly paymentId: string;

  @ApiProperty({ enum: ['approved', 'declined'], example: 'approved', description: 'What the customer did.' })
  readonly outcome: 'approved' | 'declined';
}
