import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, Repository } from 'typeorm';
import { Database, UnitOfWork, newId, repositoryToken } from '#kernel';
import {
  bindGlobally,
  bootTestModule,
  nullPorts,
  type TestDatabase,
  type TestDialect,
} from '#kernel/testing';
import { BlindIndexes } from '../blind-indexes/blind-indexes.js';
import { VaultModule } from '../vault.module.js';
import { Vault } from '../vault.service.js';
import { PeopleModule, Person, Receipt, RememberReveals } from './people.js';

export interface BootVaultOptions {
  /** A database that another instance already uses. */
  readonly database?: TestDatabase;
  readonly environment?: Readonly<Record<string, string>>;
}

export type BootedVault = Awaited<ReturnType<typeof bootVault>>;

/** Boots one instance of the vault with the rooms of {@link PeopleModule}. */
export async function bootVault(dialect: TestDialect, { database, environment }: BootVaultOptions = {}) {
  const app = await bootTestModule({
    dialect,
    ...(database ? { database } : {}),
    ...(environment ? { environment } : {}),
    imports: [
      bindGlobally(nullPorts.recorder, nullPorts.authenticator, nullPorts.schemaGuard),
      VaultModule,
      PeopleModule,
    ],
  });
  const vault = app.get(Vault);
  const units = app.get(UnitOfWork);
  const people = app.get<Repository<Person>>(repositoryToken(Person));
  const blindIndexes = app.get(BlindIndexes);
  const receipts = app.get<Repository<Receipt>>(repositoryToken(Receipt));
  return {
    ...app,
    vault,
    units,
    people,
    receipts,
    blindIndexes,
    data: app.get(Database),
    recorder: app.get(RememberReveals),
    /** Stores a person whose e-mail address is sealed and indexed. */
    async addPerson(email: string, tags: string[] | null = null): Promise<Person> {
      const person = Object.assign(new Person(), { id: newId('usr'), passwordHash: 'hash' });
      await vault.prepare([person.id]);
      await units.run({ action: 'person.add' }, async () => {
        await people.insert(vault.seal(person, { email, tags }));
        await blindIndexes.put(person, 'email', email);
      });
      return person;
    },
    async erase(subject: string, retention = 'account') {
      return units.run({ action: 'person.erase', subject }, () => vault.eraseSubject(subject, retention));
    },
    /** Counts the statements that reach the read-only source. */
    countQueries: () => new CountedQueries(app.get<DataSource>(getDataSourceToken('reader') as string)),
  };
}

/** The statements that a source has run since this was made. */
export class CountedQueries {
  readonly statements: string[] = [];

  constructor(source: DataSource) {
    const note = (sql: string) => this.statements.push(sql);
    source.logger = Object.assign(Object.create(source.logger) as DataSource['logger'], { logQuery: note });
  }
}
