/** Is told how far a long piece of work has come. */
export interface Progress {
  /** `done` of `total` units of the present step; called often, so it must be cheap. */
  report(step: string, done: number, total: number): void;
  /** Nothing more will be reported. */
  end(): void;
}

export const noProgress: Progress = { report: () => undefined, end: () => undefined };

const EVERY_MS = 100;
const WIDTH = 30;

/** A bar in the last line of a terminal. */
export class ProgressBar implements Progress {
  private drawnAt = -Infinity;
  private isDrawn = false;

  constructor(private readonly terminal: Pick<NodeJS.WriteStream, 'write'>) {}

  report(step: string, done: number, total: number): void {
    const now = performance.now();
    if (now - this.drawnAt < EVERY_MS) return;
    this.drawnAt = now;
    this.isDrawn = true;
    const part = total === 0 ? 1 : Math.min(done / total, 1);
    const filled = Math.round(part * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const count = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`;
    this.terminal.write(
      `\r\u001b[K${bar} ${String(Math.floor(part * 100)).padStart(3)} %  ${step}: ${count}`,
    );
  }

  end(): void {
    if (this.isDrawn) this.terminal.write('\r\u001b[K');
    this.isDrawn = false;
  }
}
