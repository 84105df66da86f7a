import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Database, InjectRepository } from '#kernel';
import { ADMINISTRATOR } from './entities/role.entity.js';
import { ROLE_LOCK, RoleLock } from './entities/role-lock.entity.js';
import { usersErrors } from './users.errors.js';

const ACTIVE_ADMINISTRATORS = `
  SELECT u.id AS id FROM user_role ur JOIN user u ON u.id = ur.user_id
  WHERE ur.role_id = '${ADMINISTRATOR}' AND u.is_active = 1
  LIMIT 2`;

/** Keeps the promise that somebody can always administer the system. */
@Injectable()
export class Administrators {
  constructor(
    @InjectRepository(RoleLock) private readonly locks: Repository<RoleLock>,
    private readonly database: Database,
  ) {}

  /** Whether anyone can administer the system now. */
  async exist(): Promise<boolean> {
    return (await this.active()).length > 0;
  }

  /**
   * Makes changes of roles, of who holds them and of who is active wait for one another until the open unit
   * ends. It writes a row rather than locking one because a cluster of databases knows of no locks, but
   * refuses the second of two writers.
   */
  async lock(): Promise<void> {
    await this.locks.update({ id: ROLE_LOCK }, { turn: () => 'turn + 1' });
  }

  /**
   * Call in the open unit before `userId` loses the role, is deactivated or erased. Throws
   * `users.last_administrator` when nobody else would be left. Two administrators who remove each other at
   * once come one after the other, and the second reads what the first has committed (units read committed
   * rows, statement by statement).
   */
  async release(userId: string): Promise<void> {
    await this.lock();
    const [first, second] = await this.active();
    if (first?.id === userId && second === undefined) throw usersErrors.problem('users.last_administrator');
  }

  private active(): Promise<{ id: string }[]> {
    return this.database.query(ACTIVE_ADMINISTRATORS);
  }
}
