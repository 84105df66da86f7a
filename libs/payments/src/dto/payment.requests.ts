import { IsId, MayBeAbsent, PageQuery } from '#kernel';
import { currencyCodes } from '#ledger';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { paymentStatuses, type PaymentStatus } from '../entities/payment.entity.js';
import type { CaptureMode } from '../gateways/payment-gateway.js';
import { IsMetadata, metadataLimits } from './is-metadata.js';

const amount = {
  type: 'integer',
  format: 'int64',
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
} as const;

export const captureModes: readonly CaptureMode[] = ['automatic', 'manual'];

export class CreatePaymentRequest {
  @ApiProperty({
    ...amount,
    example: 1999,
    description: 'In minor units of the currency (ISO 4217): 1999 EUR is €19.99, 1999 JPY is ¥1,999.',
  })
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly amount: number;

  @ApiProperty({ enum: currencyCodes, enumName: 'Currency', example: 'EUR', description: 'ISO 4217 code.' })
  @IsIn(currencyCodes, { message: '$property must be the ISO 4217 code of a currency, such as EUR' })
  readonly currency: string;

  @ApiProperty({
    pattern: '^pm_[A-Za-z0-9_]{1,60}$',
    example: 'pm_card_success',
    description:
      'The payment method, as the gateway calls it. The test methods are listed in docs/payments.md.',
  })
  @Matches(/^pm_[A-Za-z0-9_]{1,60}$/, {
    message: '$property must be "pm_" and 1 to 60 letters, digits or underscores',
  })
  readonly paymentMethod: string;

  @ApiPropertyOptional({
    enum: captureModes,
    enumName: 'CaptureMode',
    default: 'automatic',
    example: 'automatic',
    description: 'Whether the money is taken at once, or only reserved until the payment is captured.',
  })
  @MayBeAbsent()
  @IsIn(captureModes)
  readonly capture?: CaptureMode;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', maxLength: metadataLimits.valueLength },
    maxProperties: metadataLimits.entries,
    example: { orderId: '1042' },
    description:
      'Notes of your own; kept encrypted. At most 20 keys of 1 to 40 letters, digits, ".", "_" or "-".',
  })
  @MayBeAbsent()
  @IsMetadata()
  readonly metadata?: Record<string, string>;
}

export class CapturePaymentRequest {
  @ApiPropertyOptional({
    ...amount,
    example: 1999,
    description: 'In minor units; all that is authorised, unless given. The rest is given up.',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly amount?: number;
}

export class RefundPaymentRequest {
  @ApiPropertyOptional({
    ...amount,
    example: 500,
    description: 'In minor units; all that is left to refund, unless given.',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  readonly amount?: number;

  @ApiPropertyOptional({ maxLength: 500, example: 'Arrived broken', description: 'Why; kept encrypted.' })
  @MayBeAbsent()
  @IsString()
  @MaxLength(500)
  readonly reason?: string;
}

export class PaymentIdParam {
  @ApiProperty({ example: 'pay_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'The id of the payment.' })
  @IsId('pay')
  readonly id: string;
}

export class AllPaymentsQuery extends PageQuery {
  @ApiPropertyOptional({
    enum: paymentStatuses,
    enumName: 'PaymentStatus',
    description: 'Only payments in this status.',
  })
  @IsOptional()
  @IsIn(paymentStatuses)
  readonly status?: PaymentStatus;

  @ApiPropertyOptional({
    example: 'usr_01jgjzq8x5e7ft3qkt9h2c0w4a',
    description: 'Only payments of this customer.',
  })
  @IsOptional()
  @IsId('usr')
  readonly customerId?: string;
}
