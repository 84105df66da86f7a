import {
  ChoiceField,
  Field,
  type FieldOptions,
  IdField,
  IdParam,
  IntegerField,
  IsReadable,
  PageQuery,
  PatternField,
  TextField,
} from '#kernel';
import { currencyCodes } from '#ledger';
import { paymentStatuses, type PaymentStatus } from '../entities/payment-status.js';
import type { CaptureMode } from '../gateways/payment-gateway.js';
import { IsMetadata, metadataLimits } from './is-metadata.js';

/** In minor units, as far as a JSON number is exact. */
const AmountField = (said: FieldOptions) =>
  IntegerField({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, format: 'int64', ...said });

export const captureModes: readonly CaptureMode[] = ['automatic', 'manual'];

/** The payment that the path names. */
export const PaymentId = () => IdParam('pay', 'The id of the payment.');

export class CreatePaymentRequest {
  @AmountField({
    description: 'In minor units of the currency (ISO 4217): 1999 EUR is €19.99, 1999 JPY is ¥1,999.',
    example: 1999,
  })
  readonly amount: number;

  @ChoiceField(currencyCodes, {
    enumName: 'Currency',
    rule: 'must be the ISO 4217 code of a currency, such as EUR',
    description: 'ISO 4217 code.',
    example: 'EUR',
  })
  readonly currency: string;

  @PatternField({
    pattern: /^pm_[A-Za-z0-9_]{1,60}$/,
    rule: 'must be "pm_" and 1 to 60 letters, digits or underscores',
    description:
      'The payment method, as the gateway calls it. The test methods are listed in docs/payments.md.',
    example: 'pm_card_success',
  })
  readonly paymentMethod: string;

  @ChoiceField(captureModes, {
    enumName: 'CaptureMode',
    standard: 'automatic',
    optional: true,
    description: 'Whether the money is taken at once, or only reserved until the payment is captured.',
    example: 'automatic',
  })
  readonly capture?: CaptureMode;

  @Field(
    {
      optional: true,
      description:
        'Notes of your own; kept encrypted. At most 20 keys of 1 to 40 letters, digits, ".", "_" or "-".',
      example: { orderId: '1042' },
    },
    {
      type: 'object',
      additionalProperties: { type: 'string', maxLength: metadataLimits.valueLength },
      maxProperties: metadataLimits.entries,
    },
    IsMetadata(),
  )
  readonly metadata?: Record<string, string>;
}

export class CapturePaymentRequest {
  @AmountField({
    optional: true,
    description: 'In minor units; all that is authorised, unless given. The rest is given up.',
    example: 1999,
  })
  readonly amount?: number;
}

export class RefundPaymentRequest {
  @AmountField({
    optional: true,
    description: 'In minor units; all that is left to refund, unless given.',
    example: 500,
  })
  readonly amount?: number;

  @TextField(
    {
      maxLength: 500,
      optional: true,
      description: 'Why; kept encrypted.',
      example: 'Arrived broken',
    },
    IsReadable(),
  )
  readonly reason?: string;
}

export class AllPaymentsQuery extends PageQuery {
  @ChoiceField(paymentStatuses, {
    enumName: 'PaymentStatus',
    optional: true,
    description: 'Only payments in this status.',
  })
  readonly status?: PaymentStatus;

  @IdField('usr', { optional: true, description: 'Only payments of this customer.' })
  readonly customerId?: string;
}
