/** Gives what another generator gives, and lets it work on the next while the reader works on this. */
export async function* readAhead<Item>(items: AsyncGenerator<Item, void>): AsyncGenerator<Item, void> {
  const next = () => {
    const result = items.next();
    // The reader may stop before it comes to an error.
    result.catch(() => undefined);
    return result;
  };
  for (let coming = next(); ;) {
    const { done, value } = await coming;
    if (done === true) return;
    coming = next();
    yield value;
  }
}
