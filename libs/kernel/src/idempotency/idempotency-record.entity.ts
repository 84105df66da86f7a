import { Column, Entity } from 'typeorm';
import { NotCaptured } from '../classification/capture.js';
import { NotPersonal, PersonalData } from '../classification/marks.js';
import type { Sealed } from '../classification/sealed.js';
import { CodeColumn, IdColumn, InstantColumn, RefColumn } from '../columns/columns.js';

export type IdempotencyStatus = 'running' | 'completed';

/** One use of an idempotency key: written with the first effect of its request, completed with the answer. */
@Entity('idempotency_record')
@NotCaptured('Bookkeeping of requests: their effects are on the record as entries of their own.')
export class IdempotencyRecord {
  @IdColumn() id: string;

  @RefColumn() principalId: string;

  /** Keyed hash of principal, route and key; unique. */
  @CodeColumn({ length: 64 }) scope: string;

  /** Keyed hash of the request's path parameters, query and body. */
  @CodeColumn({ length: 64 }) fingerprint: string;

  @CodeColumn({ length: 10 }) status: IdempotencyStatus;

  @NotPersonal() @Column({ type: 'bigint', nullable: true }) answerStatus: number | null;

  @PersonalData({
    id: 'kernel.idempotency_answer',
    subject: 'principalId',
    retention: 'account',
    label: 'Answers kept for a day so that repeated requests can be told the same',
    nullable: true,
  })
  answerBody: Sealed<string> | null;

  @InstantColumn() createdAt: Date;

  @InstantColumn() expiresAt: Date;
}
