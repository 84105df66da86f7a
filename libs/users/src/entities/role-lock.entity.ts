import { Entity } from 'typeorm';
import { IdColumn, IntegerColumn, NotCaptured } from '#kernel';

/** The only row's id. */
export const ROLE_LOCK = 'roles';

/** One row that is written so that changes of roles and of their holders wait for one another. */
@Entity('role_lock')
@NotCaptured('It makes changes of roles wait for one another, and says nothing about data.')
export class RoleLock {
  @IdColumn()
  id: string;

  /** Counts, because a database may skip a write that changes nothing. */
  @IntegerColumn()
  turn: number;
}
