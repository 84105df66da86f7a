import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectConfig } from '../config/define-config.js';
import { kernelConfig, type KernelConfig } from '../config/kernel.config.js';
import { OperatorError } from '../config/operator-error.js';
import { Database } from './database.js';

const FORBIDDEN = ['DROP', 'ALTER', 'TRIGGER', 'ALL PRIVILEGES', 'SUPER'];

/**
 * In production the application's database user must not be able to switch off the capture of changes: TRUNCATE (which
 * needs DROP) fires no triggers, and ALTER and TRIGGER could remove them. Such rights stop the boot.
 */
@Injectable()
export class DatabaseRights implements OnModuleInit {
  constructor(
    @InjectConfig(kernelConfig) private readonly config: KernelConfig,
    private readonly database: Database,
  ) {}

  async onModuleInit(): Promise<void> {
    if (!this.config.production || this.database.dialect.name !== 'mysql') return;
    const excess = await this.excess();
    if (excess.length > 0) {
      throw new OperatorError(
        `The database user of DATABASE_URL holds ${excess.join(', ')}. Give it SELECT, INSERT, UPDATE and DELETE only, ` +
          'and put the user that may change the schema into DATABASE_MIGRATION_URL.',
      );
    }
  }

  /** What the application's user should not have: rights, and any role, which it could take on when nobody looks. */
  private async excess(): Promise<string[]> {
    const grants = (await this.database.query('SHOW GRANTS')).map((row) => String(Object.values(row)[0]));
    const rights = new Set<string>();
    for (const grant of grants) {
      const [, list = '', schema = ''] = /^GRANT (.+?) ON (\*|`(?:[^`]|``)+`)\./.exec(grant) ?? [];
      if (await this.isPresent(schema)) for (const right of list.split(', ')) rights.add(right);
    }
    const roles = grants.flatMap((grant) => /^GRANT (`.+?) TO /.exec(grant)?.[1] ?? []);
    return [...FORBIDDEN.filter((right) => rights.has(right)), ...roles.map((names) => `a role (${names})`)];
  }

  /** Whether the schema in use is among those that a grant names, which may be a pattern. */
  private async isPresent(granted: string): Promise<boolean> {
    if (granted === '*') return true;
    const pattern = granted.slice(1, -1).replaceAll('``', '`');
    const [row] = await this.database.query('SELECT DATABASE() LIKE ? AS isPresent', [pattern]);
    return Number(row?.['isPresent']) === 1;
  }
}
