import { currencyCodes } from '#ledger';
import { ApiProperty } from '@nestjs/swagger';
import { refundStatuses, type Refund, type RefundStatus } from '../entities/refund.entity.js';
import { instant, integer } from './payment.response.js';

export class RefundResponse {
  @ApiProperty({ example: 'rfd_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'The id.' })
  readonly id: string;

  @ApiProperty({ example: 'pay_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'The payment that is given back.' })
  readonly paymentId: string;

  @ApiProperty({ ...integer, example: 500, description: 'In minor units of the currency.' })
  readonly amount: number;

  @ApiProperty({ enum: currencyCodes, enumName: 'Currency', example: 'EUR', description: 'ISO 4217 code.' })
  readonly currency: string;

  @ApiProperty({
    enum: refundStatuses,
    enumName: 'RefundStatus',
    example: 'succeeded',
    description: '`processing` also stands for an outcome that is not known yet.',
  })
  readonly status: RefundStatus;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: null,
    description: 'Why the gateway refused the refund.',
  })
  readonly failureCode: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'Arrived broken',
    description: 'Why; null when nothing was said, or when it has been erased.',
  })
  readonly reason: string | null;

  @ApiProperty({ ...instant, description: 'When it was asked for.' })
  readonly createdAt: string;

  @ApiProperty({ ...instant, description: 'When it last changed.' })
  readonly updatedAt: string;

  static with(refund: Refund, reason: string | null): RefundResponse {
    return {
      id: refund.id,
      paymentId: refund.paymentId,
      amount: Number(refund.amountMinor),
      currency: refund.currency,
      status: refund.status,
      failureCode: refund.failureCode,
      reason,
      createdAt: refund.createdAt.toISOString(),
      updatedAt: refund.updatedAt.toISOString(),
    };
  }
}

export class RefundListResponse {
  @ApiProperty({ type: [RefundResponse], description: 'Oldest first.' })
  readonly items: RefundResponse[];
}
