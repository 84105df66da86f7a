import type { Type } from '@nestjs/common';

/**
 * Finds the rows of an entity that belong into a person's export, where the person's id in one indexed column does not:
 * because several columns may name the person, or an index would cost too much. Extend it, provide it in any
 * module, and the export finds it.
 */
export abstract class ExportSource {
  abstract readonly entity: Type<object>;

  /** The ids of the next rows about the person behind `after`, ascending, at most `limit`; fewer are the last. */
  abstract idsOf(subject: string, after: string | undefined, limit: number): Promise<readonly string[]>;

  /** The properties of a row that are not for this person to see, though the row is about them. */
  abstract hides(row: object, subject: string): readonly string[];
}
