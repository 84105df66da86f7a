import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { Column, Entity, type MigrationInterface, type QueryRunner, type Repository } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  AboutSubject,
  AmountColumn,
  IdColumn,
  InstantColumn,
  JsonColumn,
  NotPersonal,
  PersonalData,
  RefColumn,
  Sealed,
  Secret,
  UnitOfWork,
  columns,
  createTable,
  feature,
  newId,
  repositoryToken,
} from '#kernel';
import {
  bindGlobally,
  type BootedModule,
  bootTestModule,
  describeOnEveryDialect,
  nullPorts,
  runAsUser,
} from '#kernel/testing';
import { RevealRecorder, Vault, VaultModule, type Reveal } from '#vault';
import { PrivacyModule } from '../privacy.module.js';
import { SubjectExport } from './subject-export.js';

@Entity('member')
class Member {
  @IdColumn() id: string;
  @PersonalData({ id: 'members.email', subject: 'id', retention: 'account', label: 'E-mail address' })
  email: Sealed<string>;
  @Secret() @Column({ type: 'varchar', length: 100 }) passwordHash: string;
  @InstantColumn() createdAt: Date;
}

/** About a person, without a personal column. */
@Entity('member_badge')
@AboutSubject('holderId')
class Badge {
  @IdColumn() id: string;
  @RefColumn() holderId: string;
  @RefColumn() givenBy: string;
  @Secret() @Column({ type: 'varchar', length: 100 }) pin: string;
}

/** A row about two people. */
@Entity('letter')
class Letter {
  @IdColumn() id: string;
  @RefColumn() senderId: string;
  @RefColumn() receiverId: string;
  @PersonalData({ id: 'letters.draft', subject: 'senderId', retention: 'account', label: 'Draft' })
  draft: Sealed<string>;
  @PersonalData({ id: 'letters.reply', subject: 'receiverId', retention: 'accounting', label: 'Reply' })
  reply: Sealed<string>;
  @AmountColumn() postageMinor: bigint;
  @NotPersonal() @JsonColumn() route: string[];
}

class CreateMembers1700000099100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'member', [
      columns.id(),
      columns.sealed('email'),
      columns.secret('password_hash', { length: 100 }),
      columns.instant('created_at'),
    ]);
    await createTable(runner, 'member_badge', [
      columns.id(),
      columns.ref('holder_id'),
      columns.ref('given_by'),
      columns.secret('pin', { length: 100 }),
    ]);
    await createTable(runner, 'letter', [
      columns.id(),
      columns.ref('sender_id'),
      columns.ref('receiver_id'),
      columns.sealed('draft'),
      columns.sealed('reply'),
      columns.amount('postage_minor'),
      columns.text('route'),
    ]);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('letter');
    await runner.dropTable('member_badge');
    await runner.dropTable('member');
  }
}

const reveals: Reveal[] = [];
class RememberReveals extends RevealRecorder {
  async recordReveal(reveal: Reveal): Promise<void> {
    reveals.push(reveal);
  }
}

@Module({
  imports: [
    feature({ name: 'members', entities: [Member, Badge, Letter], migrations: [CreateMembers1700000099100] }),
  ],
})
class MembersModule {}

const ports = bindGlobally(nullPorts.recorder, nullPorts.authenticator, nullPorts.schemaGuard, {
  provide: RevealRecorder,
  useClass: RememberReveals,
});

describeOnEveryDialect('an export', (dialect) => {
  let app: BootedModule;
  const [ada, bob] = [newId('usr'), newId('usr')];
  const createdAt = new Date('2026-01-31T09:30:00.123Z');
  const letters = 450;

  beforeAll(async () => {
    app = await bootTestModule({ dialect, imports: [ports, VaultModule, PrivacyModule, MembersModule] });
    const vault = app.get(Vault);
    const people = app.get<Repository<Member>>(repositoryToken(Member));
    const post = app.get<Repository<Letter>>(repositoryToken(Letter));
    await vault.prepare([ada, bob]);
    await vault.prepare([ada, bob], 'accounting');
    await app.get(UnitOfWork).run({ action: 'test.fill' }, async () => {
      for (const [id, email] of [
        [ada, 'ada@example.com'],
        [bob, 'bob@example.com'],
      ] as const) {
        const member = Object.assign(new Member(), { id, passwordHash: 'do-not-tell', createdAt });
        await people.insert(vault.seal(member, { email }));
      }
      const rows = Array.from({ length: letters }, (_, index) => {
        const [senderId, receiverId] = index % 2 ? [bob, ada] : [ada, bob];
        const row = {
          id: newId('let'),
          senderId,
          receiverId,
          postageMinor: 2n ** 60n,
          route: ['secret-route'],
        };
        return vault.seal(Object.assign(new Letter(), row), {
          draft: `draft ${index}`,
          reply: `reply ${index}`,
        });
      });
      await post.insert(rows);
      const badges = app.get<Repository<Badge>>(repositoryToken(Badge));
      for (const [holderId, givenBy] of [
        [ada, bob],
        [bob, ada],
      ] as const) {
        await badges.insert({ id: newId('bdg'), holderId, givenBy, pin: 'do-not-tell' });
      }
    });
  });
  afterAll(() => app.close());

  async function exportOf(subject: string) {
    let text = '';
    for await (const piece of await app.get(SubjectExport).begin(subject)) text += piece;
    return { text, document: JSON.parse(text) as Document };
  }
  interface Document {
    subject: string;
    categories: { category: string; fields: { id: string }[]; records: Record<string, unknown>[] }[];
  }

  it('holds every record on me, page by page, once', async () => {
    const { document } = await runAsUser(ada, () => exportOf(ada));
    const [drafts, replies, members] = document.categories;
    expect(document.subject).toBe(ada);
    expect(members).toMatchObject({
      category: 'member',
      fields: [{ field: 'email', id: 'members.email', label: 'E-mail address', retention: 'account' }],
      records: [{ id: ada, email: 'ada@example.com', createdAt: createdAt.toISOString() }],
    });
    const texts = (category: typeof drafts, field: string) =>
      category!.records.map((record) => record[field]);
    expect(texts(drafts, 'draft')).toEqual(Array.from({ length: 225 }, (_, index) => `draft ${2 * index}`));
    expect(texts(replies, 'reply')).toEqual(
      Array.from({ length: 225 }, (_, index) => `reply ${2 * index + 1}`),
    );
    expect(drafts!.records[0]).toMatchObject({ postageMinor: String(2n ** 60n) });
  });

  it('holds what is about me without a personal column', async () => {
    const { document } = await runAsUser(ada, () => exportOf(ada));
    const badges = document.categories.find(({ category }) => category === 'member_badge');
    expect(badges).toMatchObject({ fields: [], records: [{ holderId: ada }] });
    expect(badges?.records[0]).not.toHaveProperty('givenBy');
  });

  it('holds no secrets, no documents, and nothing about other people', async () => {
    const { text, document } = await runAsUser(ada, () => exportOf(ada));
    expect(text).not.toContain('do-not-tell');
    expect(text).not.toContain('secret-route');
    expect(text).not.toContain('bob@example.com');
    expect(text).not.toContain(bob);
    expect(document.categories[0]!.records[0]).toHaveProperty('senderId', ada);
    expect(document.categories[0]!.records[0]).not.toHaveProperty('reply');
    expect(document.categories[1]!.records[0]).not.toHaveProperty('draft');
  });

  it('of my own data leaves no reveal on the record; made by another it does', async () => {
    reveals.length = 0;
    await runAsUser(ada, () => exportOf(ada));
    expect(reveals).toEqual([]);
    await runAsUser(bob, () => exportOf(ada));
    expect(reveals).toContainEqual({ purpose: 'privacy.export', subjects: [ada], fields: ['members.email'] });
  });

  it('of somebody unknown is an empty document', async () => {
    const { document } = await exportOf(newId('usr'));
    expect(document.categories).toEqual([]);
  });
});
