import { Entity } from 'typeorm';
import { NotCaptured } from '../classification/capture.js';
import { CodeColumn, IdColumn, InstantColumn, RefColumn } from '../columns/columns.js';

/** One use of an idempotency key: written with the first effect of its request. Until it is answered, the request runs. */
@Entity('idempotency_record')
@NotCaptured('Bookkeeping of requests: their effects are on the record as entries of their own.')
export class IdempotencyRecord {
  @IdColumn() id: string;

  @RefColumn() principalId: string;

  /** Keyed hash of principal, route and key; unique. */
  @CodeColumn({ length: 64 }) scope: string;

  /** Keyed hash of the request's path parameters, query and body. */
  @CodeColumn({ length: 64 }) fingerprint: string;

  @InstantColumn() createdAt: Date;

  @InstantColumn() expiresAt: Date;
}
