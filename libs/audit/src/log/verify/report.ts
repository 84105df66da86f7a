import type { Findings } from './findings.js';
import type { VerifiedLog } from './verify-log.js';

/** A line of the report: what it is about, and what is said. */
export type Fact = readonly [label: string, text: string];

const LABEL_WIDTH = 13;

/** What is said of a log whose checkpoint could be read. */
export function factsOf({ checkpoint, signatures, tiles, areLeavesChecked }: VerifiedLog): Fact[] {
  const by = (kind: string) => signatures.filter(({ key }) => key.kind === kind);
  return [
    ['Log', checkpoint.origin],
    ['Checkpoint', `${number(checkpoint.size)} entries, root ${checkpoint.root.toString('base64')}`],
    ...by('ed25519').map(({ key }): Fact => ['Signed by', key.vkey]),
    ...by('cosignature').map(({ key, timestamp = 0 }): Fact => [
      'Cosigned by',
      `${key.vkey} at ${new Date(timestamp * 1000).toISOString()}`,
    ]),
    ['Tree', `${number(tiles)} tiles compared with the root`],
    ...(areLeavesChecked
      ? [['Entries', `leaf data of ${number(checkpoint.size)} entries compared with the tiles`] as const]
      : []),
  ];
}

/** The report as text: what was checked, what to know, and what is wrong and where. */
export function reportText(facts: readonly Fact[], findings: Findings): string {
  const lines = facts.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}`);
  for (const note of findings.notes) lines.push(`${'Note'.padEnd(LABEL_WIDTH)}${note}`);
  if (findings.count === 0) return [...lines, '', 'VERIFIED: nothing is wrong.', ''].join('\n');
  lines.push(
    '',
    `NOT VERIFIED: ${findings.count === 1 ? '1 thing is' : `${number(findings.count)} things are`} wrong.`,
  );
  for (const { fault, message } of findings.list) lines.push(`- ${fault}: ${message}.`);
  for (const [fault, count] of findings.untold) lines.push(`- ${fault}: ${number(count)} more of this kind.`);
  return [...lines, ''].join('\n');
}

const number = (value: number): string => value.toLocaleString('en');
