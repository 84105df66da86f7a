import { Injectable } from '@nestjs/common';
import { Database, newId, UnitOfWork } from '#kernel';
import { bindGlobally, bootTestModule, nullPorts, runAsUser, type TestDialect } from '#kernel/testing';
import { RevealPolicy, RevealRecorder, VaultModule, type Reveal } from '#vault';
import { DeclaredPermissions } from '../declared-permissions.js';
import { CUSTOMER } from '../entities/role.entity.js';
import { UsersModule } from '../users.module.js';
import { UsersService } from '../users.service.js';

@Injectable()
class AllowReveals extends RevealPolicy {
  async check(): Promise<void> {}
}

/** Remembers what was revealed. */
@Injectable()
export class RememberReveals extends RevealRecorder {
  readonly reveals: Reveal[] = [];

  async recordReveal(reveal: Reveal): Promise<void> {
    this.reveals.push(reveal);
  }
}

export type UsersApp = Awaited<ReturnType<typeof bootUsers>>;

/** Boots users and vault on a fresh database, without HTTP. */
export async function bootUsers(dialect: TestDialect) {
  const reveals = new RememberReveals();
  const app = await bootTestModule({
    dialect,
    imports: [
      bindGlobally(
        nullPorts.recorder,
        nullPorts.authenticator,
        nullPorts.schemaGuard,
        { provide: RevealPolicy, useClass: AllowReveals },
        { provide: RevealRecorder, useValue: reveals },
      ),
      VaultModule,
      UsersModule,
    ],
  });
  const users = app.get(UsersService);
  const everything = [...app.get(DeclaredPermissions).all];
  return {
    ...app,
    users,
    reveals,
    data: app.get(Database),
    units: app.get(UnitOfWork),
    /** Adds an account and returns its id. */
    async add(email: string, roles: readonly string[] = [CUSTOMER]): Promise<string> {
      const id = newId('usr');
      await users.prepare(id);
      await users.createVerified({ id, email, name: 'Ada', roles });
      return id;
    },
    /** Runs `work` as somebody with these permissions; all of them unless told otherwise. */
    as: <T>(id: string, work: () => T, permissions: readonly string[] = everything) =>
      runAsUser(id, work, permissions),
  };
}
