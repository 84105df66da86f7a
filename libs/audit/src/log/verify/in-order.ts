/** Works on items ahead of their reader, a few at a time, and gives the results in the items' order. */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<{ item: Item; result: Result }> {
  const under: { item: Item; result: Promise<Result> }[] = [];
  const first = async () => {
    const next = under.shift();
    return next && { item: next.item, result: await next.result };
  };
  for (const item of items) {
    const result = work(item);
    // The reader may stop at an earlier one's error; this one's is then nobody's.
    result.catch(() => undefined);
    under.push({ item, result });
    const done = under.length >= ahead ? await first() : undefined;
    if (done) yield done;
  }
  for (let done = await first(); done; done = await first()) yield done;
}
