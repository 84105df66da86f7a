import { Global, Injectable, Module } from '@nestjs/common';
import { Column, Entity, type MigrationInterface, type QueryRunner } from 'typeorm';
import { IdColumn, PersonalData, RefColumn, Sealed, Secret, columns, createTable, feature } from '#kernel';
import { RevealPolicy, RevealRecorder, type Reveal } from '../ports.js';

/** A person with an account, for tests. */
@Entity('person')
export class Person {
  @IdColumn()
  id: string;

  @PersonalData({
    id: 'people.email',
    subject: 'id',
    retention: 'account',
    blindIndex: 'email',
    label: 'E-mail address',
  })
  email: Sealed<string>;

  @PersonalData({ id: 'people.tags', subject: 'id', retention: 'account', label: 'Tags', nullable: true })
  tags: Sealed<string[]> | null;

  @Column({ type: 'varchar', length: 100, default: '' })
  @Secret()
  passwordHash: string;
}

/** A document that the tax law keeps beyond the account, for tests. */
@Entity('receipt')
export class Receipt {
  @IdColumn()
  id: string;

  @RefColumn()
  personId: string;

  @PersonalData({
    id: 'receipts.address',
    subject: 'personId',
    retention: 'accounting',
    label: 'Billing address',
  })
  address: Sealed<{ city: string }>;

  @PersonalData({
    id: 'receipts.note',
    subject: 'personId',
    retention: 'account',
    label: 'Note',
    nullable: true,
  })
  note: Sealed<string> | null;
}

export class CreatePeople1700000099000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'person', [
      columns.id(),
      columns.sealed('email'),
      columns.sealed('tags', { nullable: true }),
      columns.secret('password_hash', { length: 100, default: '' }),
    ]);
    await createTable(runner, 'receipt', [
      columns.id(),
      columns.ref('person_id'),
      columns.sealed('address'),
      columns.sealed('note', { nullable: true }),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('receipt');
    await runner.dropTable('person');
  }
}

/** Accepts every purpose but `refused`. */
@Injectable()
export class AllowReveals extends RevealPolicy {
  async check(purpose: string): Promise<void> {
    if (purpose === 'refused') throw new Error('The policy refuses.');
  }
}

/** Remembers what it was told; fails when asked to. */
@Injectable()
export class RememberReveals extends RevealRecorder {
  readonly reveals: Reveal[] = [];
  isBroken = false;

  async recordReveal(reveal: Reveal): Promise<void> {
    if (this.isBroken) throw new Error('The record cannot be written.');
    this.reveals.push(reveal);
  }
}

@Global()
@Module({
  imports: [
    feature({ name: 'people', entities: [Person, Receipt], migrations: [CreatePeople1700000099000] }),
  ],
  providers: [
    AllowReveals,
    RememberReveals,
    { provide: RevealPolicy, useExisting: AllowReveals },
    { provide: RevealRecorder, useExisting: RememberReveals },
  ],
  exports: [RevealPolicy, RevealRecorder],
})
export class PeopleModule {}
