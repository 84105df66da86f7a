import { PageOf } from '#kernel';
import { currencyCodes } from '#ledger';
import { ApiProperty } from '@nestjs/swagger';
import type { Payment } from '../entities/payment.entity.js';
import type { PaymentMetadata } from '../entities/payment-terms.js';
import { paymentStatuses, type PaymentStatus } from '../entities/payment-status.js';
import type { CaptureMode } from '../gateways/payment-gateway.js';
import { captureModes } from './payment.requests.js';

export const integer = { type: 'integer', format: 'int64' } as const;
export const instant = { type: 'string', format: 'date-time', example: '2026-01-02T03:04:05.678Z' } as const;

export class NextActionResponse {
  @ApiProperty({ example: 'sandbox_webhook', description: 'The kind of action.' })
  readonly type: string;

  @ApiProperty({ example: '/v1/webhooks/sandbox', description: 'Where it is done.' })
  readonly url: string;
}

/** A payment without what is encrypted in it. */
export class PaymentSummaryResponse {
  @ApiProperty({ example: 'pay_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'The id.' })
  readonly id: string;

  @ApiProperty({ example: 'usr_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'Who pays.' })
  readonly customerId: string;

  @ApiProperty({ ...integer, example: 1999, description: 'In minor units of the currency.' })
  readonly amount: number;

  @ApiProperty({ enum: currencyCodes, enumName: 'Currency', example: 'EUR', description: 'ISO 4217 code.' })
  readonly currency: string;

  @ApiProperty({
    enum: paymentStatuses,
    enumName: 'PaymentStatus',
    example: 'succeeded',
    description: '`processing` also stands for an outcome that is not known yet.',
  })
  readonly status: PaymentStatus;

  @ApiProperty({
    enum: captureModes,
    enumName: 'CaptureMode',
    example: 'automatic',
    description: 'When the money is taken.',
  })
  readonly capture: CaptureMode;

  @ApiProperty({ example: 'pm_card_success', description: 'As the gateway calls it.' })
  readonly paymentMethod: string;

  @ApiProperty({ example: 'sandbox', description: 'The gateway that handles it.' })
  readonly gateway: string;

  @ApiProperty({ ...integer, example: 1999, description: 'What was taken, in minor units.' })
  readonly amountCaptured: number;

  @ApiProperty({ ...integer, example: 0, description: 'What was given back, in minor units.' })
  readonly amountRefunded: number;

  @ApiProperty({
    ...integer,
    example: 0,
    description: 'What refunds under way will give back, in minor units.',
  })
  readonly amountRefundPending: number;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: 'Why the gateway refused the payment, or the last capture or cancellation.',
  })
  readonly failureCode: string | null;

  @ApiProperty({
    type: NextActionResponse,
    nullable: true,
    example: null,
    description: 'What the customer has to do, while the status is `requires_action`.',
  })
  readonly nextAction: NextActionResponse | null;

  @ApiProperty({ ...instant, description: 'When it was created.' })
  readonly createdAt: string;

  @ApiProperty({ ...instant, description: 'When it last changed.' })
  readonly updatedAt: string;

  @ApiProperty({ ...instant, nullable: true, description: 'When the money was taken.' })
  readonly capturedAt: string | null;

  static of(payment: Payment): PaymentSummaryResponse {
    return {
      id: payment.id,
      customerId: payment.customerId,
      amount: Number(payment.amountMinor),
      currency: payment.currency,
      status: payment.status,
      capture: payment.captureMode,
      paymentMethod: payment.paymentMethod,
      gateway: payment.gateway,
      amountCaptured: Number(payment.amountCapturedMinor),
      amountRefunded: Number(payment.amountRefundedMinor),
      amountRefundPending: Number(payment.amountRefundReservedMinor),
      failureCode: payment.failureCode,
      nextAction: payment.nextAction,
      createdAt: payment.createdAt.toISOString(),
      updatedAt: payment.updatedAt.toISOString(),
      capturedAt: payment.capturedAt?.toISOString() ?? null,
    };
  }
}

export class PaymentResponse extends PaymentSummaryResponse {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
    example: { orderId: '1042' },
    description: 'Your notes; null when there are none, or when they have been erased.',
  })
  readonly metadata: PaymentMetadata | null;

  static with(payment: Payment, metadata: PaymentMetadata | null): PaymentResponse {
    return Object.assign(PaymentSummaryResponse.of(payment), { metadata });
  }
}

export class PaymentPage extends PageOf(PaymentResponse) {}
export class PaymentSummaryPage extends PageOf(PaymentSummaryResponse) {}
