import type { TablePlan } from './table-plan.js';
import type { CaptureDialect } from './capture-dialect.js';
import { fingerprint, type InstalledTrigger, type Trigger } from './triggers/trigger.js';

/** How the installed triggers differ from those that the schema and the annotations call for. */
export interface TriggerDifference {
  readonly missing: readonly Trigger[];
  readonly altered: readonly Trigger[];
  /** Ours by name, and no longer called for. */
  readonly surplus: readonly InstalledTrigger[];
}

/** Compares texts; a trailing semicolon and white space are the catalogue's own. */
export function compareTriggers(
  wanted: readonly Trigger[],
  installed: readonly InstalledTrigger[],
): TriggerDifference {
  const found = new Map(installed.map((trigger) => [trigger.name, trigger]));
  const names = new Set(wanted.map(({ name }) => name));
  const isSame = (a: Trigger, b: InstalledTrigger) =>
    a.table === b.table && plain(a.installed) === plain(b.installed);
  return {
    missing: wanted.filter(({ name }) => !found.has(name)),
    altered: wanted.filter((trigger) => {
      const other = found.get(trigger.name);
      return other !== undefined && !isSame(trigger, other);
    }),
    surplus: installed.filter(({ name }) => !names.has(name)),
  };
}

/** The difference in words, one line per trigger; empty when there is none. */
export function describeDifference({ missing, altered, surplus }: TriggerDifference): string[] {
  const say = (state: string) => (trigger: { name: string; table: string }) =>
    `trigger ${trigger.name} on table ${trigger.table} ${state}`;
  return [
    ...missing.map(say('is missing')),
    ...altered.map(say('is not the one that the schema calls for')),
    ...surplus.map(say('is not called for')),
  ];
}

/** What was done about the difference, in words. */
export function describeRepair({ missing, altered, surplus }: TriggerDifference): string[] {
  const say = (triggers: readonly { table: string }[], words: (tables: string) => string) =>
    triggers.length > 0 ? [words([...new Set(triggers.map(({ table }) => table))].sort().join(', '))] : [];
  return [
    ...say(missing, (tables) => `put missing capture triggers of ${tables} in place`),
    ...say(altered, (tables) => `replaced altered capture triggers of ${tables}`),
    ...say(surplus, (tables) => `removed capture triggers of ${tables} that the schema does not call for`),
  ];
}

/** A digest of all triggers of a table. */
export function fingerprintOf(plan: TablePlan, dialect: CaptureDialect): string {
  return fingerprint(
    dialect
      .triggers(plan)
      .map(({ installed }) => installed)
      .join('\n'),
  );
}

const plain = (text: string) => text.replace(/\s+/g, ' ').replace(/[\s;]+$/, '');
