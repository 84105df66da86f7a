import { newId, newRequestState, type Principal, RequestContext, UnitOfWork } from '#kernel';
import {
  bindGlobally,
  bootTestHttp,
  type BootedHttp,
  loggedInAs,
  testLogin,
  type TestDialect,
} from '#kernel/testing';
import { RevealPolicy, Vault, VaultModule } from '#vault';
import { AuditModule } from '../audit.module.js';
import { Sequencer } from '../log/sequencer/sequencer.js';
import { AnyPurpose, Thing, Things, ThingsModule } from './things.js';

/** Who reads the record in tests. */
export const AUDITOR = 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h';

/** The record behind HTTP, with things to write about. */
export interface AuditHttp extends BootedHttp {
  service<T>(token: abstract new (...args: never[]) => T): T;
  /** As the auditor with these permissions. */
  get(path: string, ...permissions: readonly string[]): ReturnType<BootedHttp['inject']>;
  /** The answer as JSON, which must be a 200. */
  read<T>(path: string, ...permissions: readonly string[]): Promise<T>;
  /** Runs `work` as a unit of this person, and gives the id of its entry. */
  act(action: string, actor: string, work: () => Promise<unknown>): Promise<string>;
  /** A thing about a person, sealed and ready to be inserted. */
  newThing(ownerId: string, email: string, values?: Partial<Thing>): Promise<Thing>;
  readonly things: Things['things'];
  /** Gives all that waits its place in the log. */
  sequence(): Promise<void>;
}

/** Boots vault, audit and the things behind HTTP on a fresh database. */
export async function bootAuditHttp(
  dialect: TestDialect,
  environment: Readonly<Record<string, string>> = {},
): Promise<AuditHttp> {
  const http = await bootTestHttp({
    dialect,
    environment,
    imports: [
      VaultModule,
      AuditModule,
      ThingsModule,
      bindGlobally(testLogin, { provide: RevealPolicy, useClass: AnyPurpose }),
    ],
  });
  const service = <T>(token: abstract new (...args: never[]) => T): T =>
    http.app.get<T>(token as never, { strict: false });
  const get = (url: string, ...permissions: readonly string[]) =>
    http.inject({
      method: 'GET',
      url,
      headers: loggedInAs(AUDITOR, ...(permissions.length > 0 ? permissions : ['audit.read'])),
    });
  return {
    ...http,
    service,
    get,
    async read<T>(path: string, ...permissions: readonly string[]) {
      const response = await get(path, ...permissions);
      if (response.statusCode !== 200)
        throw new Error(`${path} answered ${response.statusCode}: ${response.body}`);
      return response.json<T>();
    },
    act(action, actor, work) {
      const principal: Principal = { kind: 'user', id: actor, permissions: new Set() };
      return new RequestContext().run(newRequestState({ principal }), () =>
        service(UnitOfWork).run({ action }, async (unit) => {
          await work();
          return unit.id;
        }),
      );
    },
    async newThing(ownerId, email, values = {}) {
      await service(Vault).prepare([ownerId]);
      const thing = Object.assign(new Thing(), { id: newId('thg'), ownerId, amountMinor: 1n, ...values });
      return service(Vault).seal(thing, { email });
    },
    things: service(Things).things,
    sequence: () => service(Sequencer).drain(),
  };
}
