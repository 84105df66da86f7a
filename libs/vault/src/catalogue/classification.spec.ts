import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { IdColumn, PersonalData, Sealed, feature } from '#kernel';
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

@Module({ imports: [feature({ name: 'careless', entities: [Careless, Mistaken] })] })
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
    expect(message).toContain('Mistaken.other names the subject "owner"');
    expect(message).toContain('"soundex"');
    expect(message).not.toContain('OutboxMessage');
  });
});
