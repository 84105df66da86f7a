import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from '#kernel';

export class CreateAuth1700000006000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTable(
      queryRunner,
      'pending_registration',
      [
        columns.id(),
        columns.ref('user_id'),
        columns.sealed('email'),
        columns.sealed('name'),
        columns.secret('password_hash', { length: 255 }),
        columns.instant('created_at'),
        columns.instant('expires_at'),
      ],
      { indices: [['expires_at']] },
    );
    await createTable(
      queryRunner,
      'password_credential',
      [
        columns.id(),
        columns.ref('user_id'),
        columns.secret('password_hash', { length: 255 }),
        columns.integer('version'),
        columns.instant('created_at'),
        columns.instant('changed_at'),
        columns.instant('last_used_at', { nullable: true }),
      ],
      { uniques: [['user_id']] },
    );
    await createTable(
      queryRunner,
      'session',
      [
        columns.id(),
        columns.ref('user_id'),
        columns.sealed('user_agent', { nullable: true }),
        columns.sealed('client_address', { nullable: true }),
        columns.instant('created_at'),
        columns.instant('refreshed_at'),
        columns.instant('expires_at'),
        columns.instant('revoked_at', { nullable: true }),
        columns.code('revocation_reason', { nullable: true }),
      ],
      { indices: [['user_id'], ['expires_at']] },
    );
    await createTable(
      queryRunner,
      'refresh_token',
      [
        columns.id(),
        columns.ref('session_id'),
        columns.ref('user_id'),
        columns.secret('token_hash', { length: 64 }),
        columns.instant('created_at'),
        columns.instant('expires_at'),
        columns.instant('spent_at', { nullable: true }),
      ],
      {
        uniques: [['token_hash']],
        indices: [['session_id'], ['user_id'], ['expires_at']],
        foreignKeys: [{ column: 'session_id', table: 'session' }],
      },
    );
    await createTable(
      queryRunner,
      'password_reset',
      [
        columns.id(),
        columns.ref('user_id', { nullable: true }),
        columns.instant('created_at'),
        columns.instant('expires_at'),
        columns.instant('used_at', { nullable: true }),
      ],
      { indices: [['user_id'], ['expires_at']] },
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of [
      'password_reset',
      'refresh_token',
      'session',
      'password_credential',
      'pending_registration',
    ]) {
      await queryRunner.dropTable(table);
    }
  }
}
