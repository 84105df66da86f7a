/** Tells the tour in numbered steps, each with what was sent and what came back. */
export class Narrator {
  private count = 0;

  constructor(private readonly write: (line: string) => void) {}

  step(title: string): void {
    this.count += 1;
    this.write(`\n${this.count}. ${title}`);
  }

  say(line: string): void {
    this.write(`   ${line}`);
  }

  /** Columns of text, each as wide as its widest cell. */
  table(rows: readonly (readonly string[])[]): void {
    const widths = rows.reduce<number[]>(
      (widest, row) => row.map((cell, index) => Math.max(widest[index] ?? 0, cell.length)),
      [],
    );
    for (const row of rows) {
      this.say(`  ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`.trimEnd());
    }
  }
}
