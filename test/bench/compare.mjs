import { countRows, measure } from './measure.mjs';
import { ratios, summarise } from './report.mjs';

/** The application is a hundred times the code of the floor: it takes longer until V8 has compiled what is hot. */
const WARM_UP_S = 8;

/** Measures every request on every side, in turns, so that what the machine does meanwhile hits both sides alike. */
export async function compare(
  { database, load, sides },
  { rounds, seconds, connections, payments, only = '' },
) {
  const rowsPerPayment = {};
  for (const side of sides)
    rowsPerPayment[side.name] = await preload({ database, load, side }, { connections, payments });

  const results = [];
  for (const [index, { name }] of sides[0].scenarios.entries()) {
    if (!name.startsWith(only)) continue;
    const measured = Object.fromEntries(sides.map((side) => [side.name, []]));
    for (const side of sides)
      await measure({ load, database }, side, side.scenarios[index], { connections, seconds: WARM_UP_S });
    for (let round = 0; round < rounds; round += 1) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        measured[side.name].push(
          await measure({ load, database }, side, side.scenarios[index], { connections, seconds }),
        );
      }
    }
    const { floor, application } = measured;
    results.push({
      scenario: name,
      floor: summarise(floor),
      ...(application && { application: summarise(application), ratio: ratios(floor, application) }),
    });
  }
  const application = sides.find((side) => side.name === 'application');
  return {
    rounds,
    seconds,
    connections,
    payments,
    results,
    rowsPerPayment,
    readyAfterS: application?.readyAfterS,
  };
}

/** Writes the payments that are there before anything is measured, and says which rows each of them left. */
async function preload({ database, load, side }, { connections, payments }) {
  const before = await countRows(database, side.schema);
  await measure({ load, database }, side, side.scenarios[0], { connections, requests: payments });
  const after = await countRows(database, side.schema);
  const perPayment = Object.entries(after).map(([name, count]) => [
    name,
    (count - (before[name] ?? 0)) / payments,
  ]);
  return Object.fromEntries(perPayment.filter(([, count]) => count !== 0));
}
