import { Column, Entity, PrimaryColumn } from 'typeorm';
import { NotCaptured } from '../classification/capture.js';
import { NotPersonal } from '../classification/marks.js';
import { CodeColumn, IdColumn, InstantColumn, JsonColumn, RefColumn } from '../columns/columns.js';

export type OutboxStatus = 'pending' | 'done' | 'dead';

/** An event that waits for its handlers. While one relay works on it, `availableAt` lies in the future. */
@Entity('outbox_message')
@NotCaptured('Transport: what happened is on the record as the entry that published it.')
export class OutboxMessage {
  @IdColumn() readonly id: string;

  @CodeColumn({ length: 100 }) readonly type: string;

  @NotPersonal() @JsonColumn() readonly payload: object;

  @CodeColumn({ length: 10 }) readonly status: OutboxStatus;

  @NotPersonal() @Column({ type: 'bigint' }) readonly attempts: number;

  @InstantColumn() readonly availableAt: Date;

  @InstantColumn() readonly createdAt: Date;

  /** The audit entry of the unit that published it. */
  @RefColumn({ nullable: true }) readonly entryId: string | null;

  @CodeColumn({ nullable: true }) readonly traceId: string | null;

  /** Handler and error name of the last failure; never the message, which may quote input. */
  @NotPersonal() @Column({ type: 'varchar', length: 255, nullable: true }) readonly lastError: string | null;
}

/** One handler has finished with one message. */
@Entity('outbox_delivery')
@NotCaptured('Transport: makes handlers idempotent.')
export class OutboxDelivery {
  @NotPersonal() @PrimaryColumn({ type: 'varchar', length: 40 }) readonly messageId: string;

  @NotPersonal() @PrimaryColumn({ type: 'varchar', length: 100 }) readonly handler: string;

  @InstantColumn() readonly deliveredAt: Date;
}
