import { type Frame, listOf, type Statement, type WholeUnit } from './dialect.js';

export const ATTRIBUTE = 'SET @steward_entry = ?';
export const CLEAR = 'SET @steward_entry = NULL';

/** Whether something in the unit depends on the order of its statements, or cannot be shared. */
const isOrdered = ({ tail }: WholeUnit): boolean => tail.some(({ frame }) => frame === undefined);

/** What a unit does to captured tables in an order of its own, under its attribution. */
function attributed(unit: WholeUnit): Statement[] {
  if (!isOrdered(unit)) return [];
  const own = unit.tail.filter(({ frame }) => !frame || frame.isCaptured);
  return [{ sql: ATTRIBUTE, parameters: [unit.entryId] }, ...own];
}

/**
 * {@link listOf} of a captured row, whose parameters begin with its entry and once more with its first value. Rows are
 * inserted one after the other, each with its triggers: the first value of each says whose the row is. Compared with NULL
 * instead, the assignment would be optimised away.
 */
const attributedListOf = (values: readonly unknown[]): string =>
  listOf(values).replace('?', "IF((@steward_entry := ?) = '', ?, ?)");

/** What the units say in the same frame. */
interface Gathering {
  readonly frame: Frame;
  readonly lists: string[];
  readonly parameters: unknown[];
}

/** The framed statements of all units, one for each frame where their order allows it. */
function gathered(units: readonly WholeUnit[]): Gathering[] {
  const gatherings: Gathering[] = [];
  for (const unit of units) {
    const ordered = isOrdered(unit);
    let last = 0;
    for (const { frame, parameters } of unit.tail) {
      if (!frame || (ordered && frame.isCaptured)) continue;
      // A captured row may refer to one that its unit inserts before it.
      const from = frame.isCaptured ? last : 0;
      let gathering = gatherings.find((each, at) => each.frame === frame && at >= from);
      if (!gathering) gatherings.push((gathering = { frame, lists: [], parameters: [] }));
      if (frame.isCaptured) {
        last = gatherings.indexOf(gathering);
        gathering.parameters.push(unit.entryId, parameters[0]);
      }
      gathering.parameters.push(...parameters);
      gathering.lists.push(frame.isCaptured ? attributedListOf(parameters) : listOf(parameters));
    }
  }
  return gatherings;
}

/** The statement about all lists; it must hit as many rows as they must together. */
const statementOf = ({ frame, lists, parameters }: Gathering): Statement => ({
  sql: `${frame.before} ${lists.join(', ')} ${frame.after ?? ''}`,
  parameters,
  mustHit: frame.mustHit ? lists.length : undefined,
});

/** The statements of whole units that are committed together, each row change under the attribution of its unit. */
export function batchOf(units: readonly WholeUnit[]): Statement[] {
  const shared = gathered(units);
  const captured = shared.filter(({ frame }) => frame.isCaptured);
  const uncaptured = shared.filter(({ frame }) => !frame.isCaptured);
  return [
    // Conditions first: a unit that comes too late is to fail for that, and not for what it would have done.
    ...uncaptured.filter(({ frame }) => frame.mustHit).map(statementOf),
    ...units.flatMap(attributed),
    ...captured.map(statementOf),
    // Should any of these change a captured table after all, it is nobody's rather than somebody else's.
    { sql: CLEAR, parameters: [] },
    ...uncaptured.filter(({ frame }) => !frame.mustHit).map(statementOf),
  ];
}
