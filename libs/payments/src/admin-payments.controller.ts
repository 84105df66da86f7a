import { ApiGroup, ForPurpose, Idempotent, Problems, RequirePermission, type Page } from '#kernel';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import {
  AllPaymentsQuery,
  CapturePaymentRequest,
  PaymentId,
  RefundPaymentRequest,
} from './dto/payment.requests.js';
import { PaymentResponse, PaymentSummaryPage, PaymentSummaryResponse } from './dto/payment.response.js';
import { RefundListResponse, RefundResponse } from './dto/refund.response.js';
import { PaymentAnswers } from './payments.answers.js';
import { servePayments } from './payments.purposes.js';
import { PaymentsService } from './payments.service.js';

/** The payments of all customers. */
@ApiGroup('Administration: payments', 'Look after the payments of all customers.')
@ForPurpose(servePayments)
@Controller('v1/admin/payments')
export class AdminPaymentsController {
  constructor(
    private readonly payments: PaymentsService,
    private readonly answers: PaymentAnswers,
  ) {}

  @Get()
  @RequirePermission('payments.read')
  @ApiOperation({
    operationId: 'listAllPayments',
    summary: 'List the payments of all customers, newest first',
  })
  @ApiOkResponse({ type: PaymentSummaryPage, description: 'One page.' })
  async listAllPayments(@Query() query: AllPaymentsQuery): Promise<Page<PaymentSummaryResponse>> {
    const { status, customerId } = query;
    const filter = { ...(status ? { status } : {}), ...(customerId ? { customerId } : {}) };
    const { items, nextCursor } = await this.payments.list(filter, query);
    return { items: items.map((payment) => PaymentSummaryResponse.of(payment)), nextCursor };
  }

  @Get(':id')
  @RequirePermission('payments.read')
  @ApiOperation({
    operationId: 'getAnyPayment',
    summary: "Look at any customer's payment",
    description: 'Shows its metadata; that you read it is on the record.',
  })
  @ApiOkResponse({ type: PaymentResponse, description: 'The payment.' })
  @Problems('payments.not_found')
  async getAnyPayment(@PaymentId() id: string): Promise<PaymentResponse> {
    return this.answers.payment(await this.payments.get(id, 'all'), servePayments);
  }

  @Post(':id/capture')
  @HttpCode(200)
  @RequirePermission('payments.capture')
  @ApiOperation({
    operationId: 'captureAnyPayment',
    summary: "Take the money of any customer's authorised payment",
  })
  @ApiBody({ type: CapturePaymentRequest, required: false })
  @ApiOkResponse({
    type: PaymentSummaryResponse,
    description: 'The payment, as far as its outcome is known.',
  })
  @Problems('payments.not_found', 'payments.wrong_status', 'payments.capture_exceeds_amount')
  async captureAnyPayment(
    @PaymentId() id: string,
    @Body() { amount }: CapturePaymentRequest,
  ): Promise<PaymentSummaryResponse> {
    const amountMinor = amount === undefined ? undefined : BigInt(amount);
    return PaymentSummaryResponse.of(await this.payments.capture(id, amountMinor, 'all'));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @RequirePermission('payments.cancel')
  @ApiOperation({
    operationId: 'cancelAnyPayment',
    summary: "Give up any customer's payment that has taken no money",
  })
  @ApiOkResponse({
    type: PaymentSummaryResponse,
    description: 'The payment, as far as its outcome is known.',
  })
  @Problems('payments.not_found', 'payments.wrong_status')
  async cancelAnyPayment(@PaymentId() id: string): Promise<PaymentSummaryResponse> {
    return PaymentSummaryResponse.of(await this.payments.cancel(id, 'all'));
  }

  @Post(':id/refunds')
  @Idempotent()
  @RequirePermission('payments.refund')
  @ApiOperation({ operationId: 'refundAnyPayment', summary: "Give money of any customer's payment back" })
  @ApiBody({ type: RefundPaymentRequest, required: false })
  @ApiCreatedResponse({ type: RefundResponse, description: 'The refund, as far as its outcome is known.' })
  @Problems('payments.not_found', 'payments.wrong_status', 'payments.refund_exceeds_capture')
  async refundAnyPayment(
    @PaymentId() id: string,
    @Body() { amount, reason }: RefundPaymentRequest,
  ): Promise<RefundResponse> {
    const order = {
      ...(amount === undefined ? {} : { amountMinor: BigInt(amount) }),
      ...(reason === undefined ? {} : { reason }),
    };
    const keep = this.answers.keepRefund(reason ?? null);
    return RefundResponse.with(await this.payments.refund(id, order, 'all', keep), reason ?? null);
  }

  @Get(':id/refunds')
  @RequirePermission('payments.read')
  @ApiOperation({
    operationId: 'listRefundsOfAnyPayment',
    summary: "List the refunds of any customer's payment, oldest first",
    description: 'Shows their reasons; that you read them is on the record.',
  })
  @ApiOkResponse({ type: RefundListResponse, description: 'All its refunds.' })
  @Problems('payments.not_found')
  async listRefundsOfAnyPayment(@PaymentId() id: string): Promise<RefundListResponse> {
    return { items: await this.answers.refunds(await this.payments.refundsOf(id, 'all'), servePayments) };
  }
}
