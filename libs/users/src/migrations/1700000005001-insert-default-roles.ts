import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The roles that a new installation begins with. Only `administrator` is special to the code; the other three
 * are a sensible start that administrators change. A permission that no installed module declares has no
 * effect.
 */
const DEFAULT_ROLES = [
  {
    id: 'administrator',
    name: 'Administrator',
    description: 'May do everything, including what modules added later declare.',
    permissions: ['*'],
  },
  {
    id: 'customer',
    name: 'Customer',
    description: 'Everyone whose e-mail address was verified. What is their own needs no permission.',
    permissions: [],
  },
  {
    id: 'auditor',
    name: 'Auditor',
    description: 'Reads the record and what it refers to; changes nothing.',
    permissions: [
      'audit.read',
      'ledger.read',
      'payments.read',
      'privacy.read',
      'users.read',
      'users.read_roles',
    ],
  },
  {
    id: 'data_protection_officer',
    name: 'Data protection officer',
    description: 'Handles requests of data subjects and reads the record of processing.',
    permissions: ['audit.read', 'privacy.read', 'users.read'],
  },
];

export class InsertDefaultRoles1700000005001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const now = new Date().toISOString().replace('T', ' ').replace('Z', '');
    for (const role of DEFAULT_ROLES) {
      await queryRunner.query(
        `INSERT INTO role (id, name, description, permissions, is_built_in, version, created_at, updated_at)
         VALUES (?, ?, ?, ?, 1, 1, ?, ?)`,
        [role.id, role.name, role.description, JSON.stringify(role.permissions), now, now],
      );
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const role of DEFAULT_ROLES) await queryRunner.query('DELETE FROM role WHERE id = ?', [role.id]);
  }
}
