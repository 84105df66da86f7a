import { CodeColumn, IdColumn, InstantColumn, IntegerColumn, RefColumn } from '#kernel';
import { nextCheck } from './next-check.js';

/** What a payment and a refund have in common: a gateway decides about them, and may keep us waiting. */
export abstract class AwaitsGateway {
  @IdColumn()
  id: string;

  @CodeColumn({ length: 100, nullable: true })
  gatewayReference: string | null;

  @CodeColumn({ length: 64, nullable: true })
  failureCode: string | null;

  /** The idempotency record that still waits for the answer of the request that began this. */
  @RefColumn({ nullable: true })
  idempotencyId: string | null;

  /** How often the resolver has asked about the operation under way. */
  @IntegerColumn()
  checkCount: number;

  /** When the resolver asks next; set while processing. */
  @InstantColumn({ nullable: true })
  nextCheckAt: Date | null;

  @InstantColumn()
  createdAt: Date;

  @InstantColumn()
  updatedAt: Date;

  /** The gateway has not decided yet: the resolver asks again. */
  protected askAgain(now: Date): void {
    this.nextCheckAt = nextCheck(this.checkCount, now);
  }
}
