import { type Gap, type HistoriesToCheck, HistoryWords } from './history-words.js';
import { type HistoryStep, isPresent } from './row-histories.js';

/** How many gaps are looked into together. */
const TOGETHER = 200;

/**
 * Checks that each row's changes lead from one to the next and the last one to the row as it is: what was changed while the
 * triggers were off shows as a gap. Gives the number of rows.
 */
export async function checkHistories(claim: HistoriesToCheck): Promise<number> {
  const words = new HistoryWords(claim);
  let rows = 0;
  let expired = 0;
  let gaps: Gap[] = [];
  const lookInto = async () => {
    expired += await words.report(gaps);
    gaps = [];
  };
  for (const steps of claim.histories.rows()) {
    rows++;
    const isCaptured = claim.plans.has(steps[0]?.table ?? '');
    for (const gap of gapsOf(steps, isCaptured)) gaps.push(gap);
    if (gaps.length >= TOGETHER) await lookInto();
  }
  await lookInto();
  if (expired > 0)
    claim.findings.note(
      `${expired.toLocaleString('en')} times a row's history has a gap where changes were dropped with the expired payload of their entry.`,
    );
  return rows;
}

function* gapsOf(steps: readonly HistoryStep[], isCaptured: boolean): Generator<Gap> {
  let from: HistoryStep | undefined;
  for (const to of steps) {
    const isFirstBaseline = from === undefined && to.isBaseline;
    const start = isPresent(to) ? to.after : to.before;
    if (start !== from?.after && !isFirstBaseline && !isSameBaseline(from, to)) yield { from, to };
    from = to;
  }
  // A row that ends with a change is gone now.
  if (from && !isPresent(from) && from.after !== undefined && isCaptured) yield { from, to: undefined };
}

const isSameBaseline = (from: HistoryStep | undefined, to: HistoryStep): boolean =>
  to.isBaseline && from?.after === to.after;
