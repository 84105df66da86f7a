import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex } from '#kernel';

/** A person's export looks for their rows here. */
export class IndexRegistrationsByUser1700000006100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createIndex(runner, 'pending_registration', ['user_id']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndex(runner, 'pending_registration', ['user_id']);
  }
}
