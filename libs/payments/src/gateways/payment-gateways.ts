import { InjectConfig, type ConfigOf } from '#kernel';
import { Injectable, Logger } from '@nestjs/common';
import { paymentsConfig } from '../payments.config.js';
import { paymentErrors } from '../payments.errors.js';
import {
  GatewayTimeout,
  type GatewayOperation,
  type GatewayOutcome,
  type OperationKind,
  type PaymentGateway,
} from './payment-gateway.js';
import { SandboxGateway } from './sandbox/sandbox.gateway.js';

/** The gateways by name, and the one place where they are called: never inside a unit of work, never without a deadline. */
@Injectable()
export class PaymentGateways {
  private readonly logger = new Logger(PaymentGateways.name);
  private readonly byName = new Map<string, PaymentGateway>();
  /** The gateway of new payments. */
  readonly standard: string;

  constructor(
    @InjectConfig(paymentsConfig) private readonly config: ConfigOf<typeof paymentsConfig>,
    sandbox: SandboxGateway,
  ) {
    this.byName.set(sandbox.name, sandbox);
    this.standard = sandbox.name;
  }

  /** Throws `payments.unknown_gateway`. */
  get(name: string): PaymentGateway {
    const gateway = this.byName.get(name);
    if (!gateway) throw paymentErrors.problem('payments.unknown_gateway');
    return gateway;
  }

  /** Sends an operation. An error or a missing answer is `unknown`: the gateway may have done it. */
  perform(name: string, operation: GatewayOperation): Promise<GatewayOutcome> {
    return this.answerOf(name, operation.kind, operation);
  }

  /** Asks what became of an operation, and sends it again under the same reference if it never arrived. */
  async resolve(name: string, operation: GatewayOperation): Promise<GatewayOutcome> {
    const outcome = await this.answerOf(name, 'retrieve', operation);
    return outcome.result === 'not_found' ? this.perform(name, operation) : outcome;
  }

  private async answerOf(
    name: string,
    call: OperationKind | 'retrieve',
    operation: GatewayOperation,
  ): Promise<GatewayOutcome> {
    const gateway = this.get(name);
    try {
      return await withDeadline(gateway[call](operation), this.config.gatewayTimeoutMs);
    } catch (error) {
      const { kind, reference } = operation;
      this.logger.warn(
        { kind, reference, error: error instanceof Error ? error.name : 'Error' },
        'outcome unknown',
      );
      return { result: 'unknown' };
    }
  }
}

function withDeadline<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new GatewayTimeout(`no answer within ${timeoutMs} ms`)), timeoutMs);
    const settled =
      <V>(settle: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        settle(value);
      };
    answer.then(settled(resolve), settled(reject));
  });
}
