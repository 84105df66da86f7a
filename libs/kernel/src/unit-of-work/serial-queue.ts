/** Lets one piece of work in after another, first in first out. */
export class SerialQueue {
  private last: Promise<void> = Promise.resolve();

  /** Resolves when it is one's turn, with what ends the turn. */
  async enter(): Promise<() => void> {
    const before = this.last;
    let leave = () => {};
    this.last = new Promise((resolve) => (leave = resolve));
    await before;
    return leave;
  }

  /** Runs `work` when it is its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
