import { Column, Entity } from 'typeorm';
import { NotCaptured } from '../classification/capture.js';
import { NotPersonal, PersonalData } from '../classification/marks.js';
import type { Sealed } from '../classification/sealed.js';
import { IdColumn, RefColumn } from '../columns/columns.js';

/** What a request with an idempotency key was answered. Once it is there, the request is over. */
@Entity('idempotency_answer')
@NotCaptured('Bookkeeping of requests: their effects are on the record as entries of their own.')
export class IdempotencyAnswer {
  /** That of the request's record. */
  @IdColumn() id: string;

  @RefColumn() principalId: string;

  @NotPersonal() @Column({ type: 'bigint' }) status: number;

  @PersonalData({
    id: 'kernel.idempotency_answer',
    subject: 'principalId',
    retention: 'account',
    label: 'Answers kept for a day so that repeated requests can be told the same',
    nullable: true,
  })
  body: Sealed<string> | null;
}
