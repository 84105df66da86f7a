import { AmountColumn, CodeColumn, CurrencyColumn, RefColumn } from '#kernel';
import type { CaptureMode } from '../gateways/payment-gateway.js';
import { AwaitsGateway } from './awaits-gateway.js';

export type PaymentMetadata = Readonly<Record<string, string>>;

/** What was agreed when a payment was ordered; none of it changes afterwards. */
export abstract class PaymentTerms extends AwaitsGateway {
  @RefColumn()
  customerId: string;

  @AmountColumn()
  amountMinor: bigint;

  @CurrencyColumn()
  currency: string;

  @CodeColumn({ length: 10 })
  captureMode: CaptureMode;

  @CodeColumn({ length: 20 })
  gateway: string;

  /** The gateway's token, which says nothing about the person to anyone but the gateway. */
  @CodeColumn({ length: 64 })
  paymentMethod: string;
}
