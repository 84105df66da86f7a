import {
  ApiGroup,
  Authenticated,
  CurrentPrincipal,
  Idempotent,
  PageQuery,
  Problems,
  type Page,
  type Principal,
} from '#kernel';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import {
  CapturePaymentRequest,
  CreatePaymentRequest,
  PaymentId,
  RefundPaymentRequest,
} from './dto/payment.requests.js';
import { PaymentPage, PaymentResponse } from './dto/payment.response.js';
import { RefundListResponse, RefundResponse } from './dto/refund.response.js';
import { PaymentAnswers } from './payments.answers.js';
import { ownPayments } from './payments.purposes.js';
import { PaymentsService } from './payments.service.js';

/** A customer's own payments; those of others are not found. */
@ApiGroup(
  'Payments',
  'Take payments and give them back. All routes see the payments of the logged-in customer only.',
)
@Authenticated()
@Controller('v1/payments')
export class PaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly answers: PaymentAnswers,
  ) {}

  @Post()
  @Idempotent()
  @ApiOperation({
    operationId: 'createPayment',
    summary: 'Pay',
    description:
      'A refusal of the gateway is a payment with status `failed`. When the gateway does not answer in time the payment stays in `processing` until its outcome is known.',
  })
  @ApiCreatedResponse({ type: PaymentResponse, description: 'The payment, as far as its outcome is known.' })
  async createPayment(
    @CurrentPrincipal() { id: customerId }: Principal,
    @Body() body: CreatePaymentRequest,
  ): Promise<PaymentResponse> {
    const metadata = body.metadata ?? null;
    const order = {
      customerId,
      amountMinor: BigInt(body.amount),
      currency: body.currency,
      captureMode: body.capture ?? 'automatic',
      paymentMethod: body.paymentMethod,
      ...(metadata ? { metadata } : {}),
    } as const;
    const payment = await this.payments.create(order, this.answers.keepPayment(metadata));
    return PaymentResponse.with(payment, metadata);
  }

  @Get()
  @ApiOperation({ operationId: 'listPayments', summary: 'List my payments, newest first' })
  @ApiOkResponse({ type: PaymentPage, description: 'One page.' })
  async listPayments(
    @CurrentPrincipal() { id: customerId }: Principal,
    @Query() query: PageQuery,
  ): Promise<Page<PaymentResponse>> {
    const { items, nextCursor } = await this.payments.list({ customerId }, query);
    return { items: await this.answers.payments(items, ownPayments), nextCursor };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getPayment', summary: 'Look at one of my payments' })
  @ApiOkResponse({ type: PaymentResponse, description: 'The payment.' })
  @Problems('payments.not_found')
  async getPayment(
    @CurrentPrincipal() { id: customerId }: Principal,
    @PaymentId() id: string,
  ): Promise<PaymentResponse> {
    return this.answers.payment(await this.payments.get(id, { customerId }), ownPayments);
  }

  @Post(':id/capture')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'capturePayment',
    summary: 'Take the money of a payment that requires capture',
    description:
      'Once, in full or in part; the rest is given up. When the gateway refuses, the payment stays in `requires_capture` with a `failureCode`.',
  })
  @ApiBody({ type: CapturePaymentRequest, required: false })
  @ApiOkResponse({ type: PaymentResponse, description: 'The payment, as far as its outcome is known.' })
  @Problems('payments.not_found', 'payments.wrong_status', 'payments.capture_exceeds_amount')
  async capturePayment(
    @CurrentPrincipal() { id: customerId }: Principal,
    @PaymentId() id: string,
    @Body() { amount }: CapturePaymentRequest,
  ): Promise<PaymentResponse> {
    const payment = await this.payments.capture(id, amount === undefined ? undefined : BigInt(amount), {
      customerId,
    });
    return this.answers.payment(payment, ownPayments);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cancelPayment',
    summary: 'Give up a payment that has taken no money',
    description: 'In the statuses `requires_action` and `requires_capture`.',
  })
  @ApiOkResponse({ type: PaymentResponse, description: 'The payment, as far as its outcome is known.' })
  @Problems('payments.not_found', 'payments.wrong_status')
  async cancelPayment(
    @CurrentPrincipal() { id: customerId }: Principal,
    @PaymentId() id: string,
  ): Promise<PaymentResponse> {
    return this.answers.payment(await this.payments.cancel(id, { customerId }), ownPayments);
  }

  @Post(':id/refunds')
  @Idempotent()
  @ApiOperation({
    operationId: 'refundPayment',
    summary: 'Give money back',
    description:
      'In full or in part, as often as something is left. A refusal of the gateway is a refund with status `failed`.',
  })
  @ApiBody({ type: RefundPaymentRequest, required: false })
  @ApiCreatedResponse({ type: RefundResponse, description: 'The refund, as far as its outcome is known.' })
  @Problems('payments.not_found', 'payments.wrong_status', 'payments.refund_exceeds_capture')
  async refundPayment(
    @CurrentPrincipal() { id: customerId }: Principal,
    @PaymentId() id: string,
    @Body() { amount, reason }: RefundPaymentRequest,
  ): Promise<RefundResponse> {
    const order = {
      ...(amount === undefined ? {} : { amountMinor: BigInt(amount) }),
      ...(reason === undefined ? {} : { reason }),
    };
    const keep = this.answers.keepRefund(reason ?? null);
    return RefundResponse.with(await this.payments.refund(id, order, { customerId }, keep), reason ?? null);
  }

  @Get(':id/refunds')
  @ApiOperation({
    operationId: 'listRefunds',
    summary: 'List the refunds of one of my payments, oldest first',
  })
  @ApiOkResponse({ type: RefundListResponse, description: 'All its refunds.' })
  @Problems('payments.not_found')
  async listRefunds(
    @CurrentPrincipal() { id: customerId }: Principal,
    @PaymentId() id: string,
  ): Promise<RefundListResponse> {
    return {
      items: await this.answers.refunds(await this.payments.refundsOf(id, { customerId }), ownPayments),
    };
  }
}
