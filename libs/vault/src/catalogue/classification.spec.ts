import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import {
  AboutSubject,
  IdColumn,
  InstantColumn,
  PersonalData,
  RefColumn,
  Sealed,
  Secret,
  feature,
} from '#kernel';
import { bindGlobally, bootTestModule, nullPorts } from '#kernel/testing';
import { PeopleModule } from '../testing/index.js';
import { VaultModule } from '../vault.module.js';

@Entity('careless')
class Careless {
  @PrimaryColumn({ type: 'varchar', length: 40 })
  id: string;

  @Column({ type: 'varchar', length: 40 })
  nickname: string;
}

@Entity('mistaken')
class Mistaken {
  @IdColumn()
  id: string;

  @PersonalData({ id: 'people.email', subject: 'id', retention: 'account', label: 'Taken id' })
  copied: Sealed<string>;

  @PersonalData({
    id: 'mistaken.other',
    subject: 'owner',
    retention: 'account',
    label: 'Wrong',
    blindIndex: 'soundex',
  })
  other: Sealed<string>;
}

@Entity('misnamed')
@AboutSubject('ownerID')
class Misnamed {
  @IdColumn()
  id: string;

  @RefColumn()
  ownerId: string;
}

@Entity('untimely')
@AboutSubject('createdAt')
class Untimely {
  @IdColumn()
  id: string;

  @InstantColumn()
  createdAt: Date;

  @Secret()
  @Column({ type: 'varchar', length: 40 })
  owner: string;

  @PersonalData({ id: 'untimely.a', subject: 'owner', retention: 'account', label: 'By a secret' })
  a: Sealed<string>;

  @PersonalData({ id: 'untimely.b', subject: 'a', retention: 'account', label: 'By a sealed value' })
  b: Sealed<string>;

  @PersonalData({ id: 'untimely.c', subject: 'createdAt', retention: 'account', label: 'By an instant' })
  c: Sealed<string>;

  @PersonalData({
    id: 'untimely.d',
    sealedAs: 'people.email',
    subject: 'id',
    retention: 'security',
    label: 'To where it would live on',
  })
  d: Sealed<string>;
}

@Module({
  imports: [feature({ name: 'careless', entities: [Careless, Mistaken, Misnamed, Untimely] })],
})
class CarelessModule {}

describe('a boot with unclassified columns', () => {
  it('stops and names every one of them, and every annotation that cannot work', async () => {
    const boot = bootTestModule({
      dialect: 'sqlite',
      imports: [
        bindGlobally(nullPorts.recorder, nullPorts.authenticator, nullPorts.schemaGuard),
        VaultModule,
        PeopleModule,
        CarelessModule,
      ],
    });
    const message = await boot.then(
      () => 'it booted',
      (error: unknown) => String(error),
    );
    expect(message).toContain('Careless.id carries none of the marks');
    expect(message).toContain('Careless.nickname carries none of the marks');
    expect(message).toContain('Person.email and Mistaken.copied share the id "people.email"');
    expect(message).toContain('Mistaken.other names the subject "owner", which is no column');
    expect(message).toContain('Misnamed is @AboutSubject("ownerID"), which is no column of the entity');
    expect(message).toContain('Untimely is @AboutSubject("createdAt"), which cannot hold the id of a person');
    expect(message).toContain('Untimely.a names the subject "owner", which cannot hold');
    expect(message).toContain('Untimely.b names the subject "a", which cannot hold');
    expect(message).toContain('Untimely.c names the subject "createdAt", which cannot hold');
    expect(message).toContain('Untimely.d is sealed as "people.email", which is no column of its retention');
    expect(message).toContain('"soundex"');
    expect(message).not.toContain('OutboxMessage');
  });
});
