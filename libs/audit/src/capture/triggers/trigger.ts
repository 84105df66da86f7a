import { createHash } from 'node:crypto';

/** One trigger as it is created and as the database's catalogue shows it afterwards. */
export interface Trigger {
  readonly name: string;
  readonly table: string;
  /** The whole CREATE TRIGGER statement. */
  readonly create: string;
  /** What identifies it in the catalogue, to be compared as text. */
  readonly installed: string;
}

/** A trigger found in the database's catalogue. */
export type InstalledTrigger = Pick<Trigger, 'name' | 'table' | 'installed'>;

/** Every trigger of ours has a name with this beginning; reconciling never touches others. */
export const TRIGGER_PREFIX = 'steward_';

/** The name of a table's trigger, at most 64 characters as MySQL demands. */
export function triggerName(table: string, role: string): string {
  const name = `${TRIGGER_PREFIX}${table}_${role}`;
  return name.length <= 64 ? name : `${TRIGGER_PREFIX}${fingerprint(table)}_${role}`;
}

/** A short digest that tells two texts apart. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** An SQL string literal; refuses what would need escaping, since names of tables and columns never do. */
export function literal(text: string): string {
  if (/['\\\0]/.test(text)) throw new Error(`Not usable in a trigger: ${JSON.stringify(text)}`);
  return `'${text}'`;
}
