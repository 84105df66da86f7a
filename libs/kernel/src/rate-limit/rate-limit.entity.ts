import { Column, Entity, PrimaryColumn } from 'typeorm';
import { NotCaptured } from '../classification/capture.js';
import { NotPersonal } from '../classification/marks.js';
import { InstantColumn } from '../columns/columns.js';

/** How often something was done in one window of time. */
@Entity('rate_limit')
@NotCaptured('Counters that live for minutes; what they refuse is counted, not recorded.')
export class RateLimit {
  /** Keyed hash of what is counted and of the window. */
  @NotPersonal() @PrimaryColumn({ type: 'varchar', length: 64 }) bucket: string;

  @NotPersonal() @Column({ type: 'bigint' }) hits: number;

  @InstantColumn() expiresAt: Date;
}
