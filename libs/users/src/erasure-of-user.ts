import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Clock, InjectRepository, UnitOfWork } from '#kernel';
import { ErasureParticipant } from '#privacy';
import { Administrators } from './administrators.js';
import { UserRole } from './entities/user-role.entity.js';
import { User } from './entities/user.entity.js';
import { UserErased } from './users.events.js';

/**
 * The account's part in an erasure: the row stays as a tombstone for the records that name its id, without roles
 * and without a way back; the vault sees to it that no address finds it. The last administrator must appoint
 * another first (`users.last_administrator`).
 */
@Injectable()
export class ErasureOfUser extends ErasureParticipant {
  readonly name = 'users';

  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @InjectRepository(UserRole) private readonly userRoles: Repository<UserRole>,
    private readonly units: UnitOfWork,
    private readonly administrators: Administrators,
    private readonly clock: Clock,
  ) {
    super();
  }

  async erase(subject: string): Promise<void> {
    await this.administrators.release(subject);
    const user = await this.users.findOneBy({ id: subject });
    if (!user || user.isErased) return;
    const now = this.clock.now();
    await this.users.update(
      { id: subject },
      { isActive: false, erasedAt: now, updatedAt: now, version: () => 'version + 1' },
    );
    await this.userRoles.delete({ userId: subject });
    this.units.current?.publish(new UserErased({ userId: subject }));
  }
}
