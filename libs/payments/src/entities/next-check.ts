const firstMs = 2_000;
const longestMs = 3_600_000;

/** When to ask the gateway again after `checkCount` unanswered questions: 2 s, then twice as long, at most an hour. */
export function nextCheck(checkCount: number, now: Date): Date {
  return new Date(now.getTime() + Math.min(firstMs * 2 ** Math.min(checkCount, 20), longestMs));
}
