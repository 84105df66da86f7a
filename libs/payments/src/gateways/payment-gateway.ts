/** The four things that are asked of a gateway. */
export type OperationKind = 'authorise' | 'capture' | 'cancel' | 'refund';

/**
 * One thing asked of a gateway, complete enough to be asked again after a crash. Everything in it is committed before
 * the gateway hears of it.
 */
export interface GatewayOperation {
  readonly kind: OperationKind;
  /** Our idempotency reference of exactly this operation: the gateway does it once however often it is sent. */
  readonly reference: string;
  readonly paymentId: string;
  /** The gateway's own reference of the payment; undefined until it has answered the authorisation. */
  readonly gatewayReference: string | undefined;
  readonly paymentMethod: string;
  readonly amountMinor: bigint;
  /** ISO 4217; an adapter converts where its gateway counts other minor units. */
  readonly currency: string;
  /** Of an authorisation: whether the money is taken at once. */
  readonly capture: CaptureMode;
}

export type CaptureMode = 'automatic' | 'manual';

/** What the customer has to do before the gateway goes on. */
export interface NextAction {
  readonly type: string;
  readonly url: string;
}

/** What became of an operation. A gateway that did not answer is `unknown`: never a success and never a failure. */
export type GatewayOutcome =
  | { readonly result: 'captured'; readonly gatewayReference: string; readonly amountMinor: bigint }
  | { readonly result: 'authorised'; readonly gatewayReference: string }
  | { readonly result: 'requires_action'; readonly gatewayReference: string; readonly nextAction: NextAction }
  | { readonly result: 'declined'; readonly gatewayReference?: string; readonly failureCode: string }
  | { readonly result: 'canceled' }
  | { readonly result: 'refunded'; readonly gatewayReference: string }
  /** The gateway never received the operation, so that sending it again is safe. Only `retrieve` says this. */
  | { readonly result: 'not_found' }
  | { readonly result: 'unknown' };

/** What a gateway told us by itself. */
export interface GatewayNotification {
  readonly paymentId: string;
  /** What it says about the operation that this payment waits for; `unknown` when it is about something else. */
  outcomeOf(operation: GatewayOperation): GatewayOutcome;
}

/** A raw webhook call, exactly as it came. */
export interface WebhookCall {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The answer of a gateway did not come: what it did is not known. */
export class GatewayTimeout extends Error {
  override readonly name = 'GatewayTimeout';
}

/**
 * A payment service provider. Every method may be called again with the same operation and then gives the same
 * outcome without a second effect. A method throws only when the outcome is not known (timeout, 5xx, broken line).
 */
export abstract class PaymentGateway {
  /** Stable: stored with each payment, part of the webhook's path and of the ledger account `gateway:<name>`. */
  abstract readonly name: string;

  abstract authorise(operation: GatewayOperation): Promise<GatewayOutcome>;
  abstract capture(operation: GatewayOperation): Promise<GatewayOutcome>;
  abstract cancel(operation: GatewayOperation): Promise<GatewayOutcome>;
  abstract refund(operation: GatewayOperation): Promise<GatewayOutcome>;

  /** What became of an operation that may or may not have arrived. */
  abstract retrieve(operation: GatewayOperation): Promise<GatewayOutcome>;

  /** Checks the signature and reads the call; undefined when it is not genuine. */
  abstract readNotification(call: WebhookCall): GatewayNotification | undefined;
}
