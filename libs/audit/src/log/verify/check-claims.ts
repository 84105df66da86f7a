import type { Checkpoint } from '../note/checkpoint.js';
import { beganWith, entries, type LogAt } from './compare.js';
import type { Findings } from './findings.js';

/** A checkpoint that a log must live up to. */
export interface Claim {
  readonly checkpoint: Checkpoint;
  /** The later log that continues from it; undefined when it is remembered by who verifies. */
  readonly by: string | undefined;
  /** Who verifies knows already that the log has come back shorter. */
  readonly isAccepted: boolean;
}

export interface ClaimsToCheck {
  readonly origin: string;
  /** The log; undefined when it is not there. */
  readonly log: LogAt | undefined;
  /** Whether it is the log that grows, which a restore must not have made shorter. */
  readonly isNewest: boolean;
  readonly claims: readonly Claim[];
  readonly findings: Findings;
}

/**
 * Checks that a log has all that checkpoints cover which were signed before: the same entries, or it is `rewritten`; and no
 * fewer, or it is `truncated`. A former log that came back shorter is `restored`, until that is accepted.
 */
export async function checkClaims({ log, claims, ...about }: ClaimsToCheck): Promise<void> {
  const { origin, findings } = about;
  const size = log?.checkpoint.size ?? 0;
  const isThere = ({ checkpoint }: Claim) => log !== undefined && checkpoint.size <= size;
  for (const same of alike(claims.filter(isThere))) {
    const [{ checkpoint }] = same;
    const answer = log && (await beganWith(checkpoint, log));
    if (answer === true) continue;
    const what = same.map(({ by }) => (by === undefined ? 'that you remember' : `that log ${by} continues`));
    findings.add(
      'rewritten',
      typeof answer === 'string'
        ? `Log ${origin} cannot be compared with what ${what.join(' and ').replaceAll('that ', '')}: ${answer}`
        : `The first ${entries(checkpoint.size)} of log ${origin} are not those ${what.join(' and ')}: its history was rewritten and signed again (the root was ${checkpoint.root.toString('base64')})`,
    );
  }
  const beyond = alike(claims.filter((claim) => !isThere(claim)));
  if (beyond.length > 0) checkLost(beyond, size, log !== undefined, about);
}

/** `beyond` are the claims that the log is too short for. */
function checkLost(
  beyond: readonly Alike[],
  size: number,
  isThere: boolean,
  { origin, isNewest, findings }: Omit<ClaimsToCheck, 'log' | 'claims'>,
): void {
  const said = beyond.flat().map(({ by, checkpoint }) => {
    const count = entries(checkpoint.size);
    return by === undefined ? `you remember ${count}` : `log ${by} continues it from ${count}`;
  });
  const sizes = beyond.map(([{ checkpoint }]) => checkpoint.size);
  if (new Set(sizes).size < sizes.length)
    findings.add(
      'rewritten',
      `There are two histories of log ${origin}: ${said.join(', and ')}, not the same`,
    );
  if (isNewest) {
    findings.add(
      'truncated',
      `Log ${origin} has ${entries(size)}; ${said.join(', and ')}: the last were removed, or an old database was restored without starting a new log`,
    );
    return;
  }
  const [last] = [Math.max(...sizes) - 1];
  const gone =
    last === size ? `Entry ${size} of log ${origin} is` : `Entries ${size} to ${last} of log ${origin} are`;
  const left = isThere ? `it has ${entries(size)}` : 'it is not there';
  const message = `${gone} gone and cannot be compared: ${left}, and ${said.join(', and ')}`;
  if (beyond.flat().every(({ isAccepted }) => isAccepted))
    findings.note(`${message}. That was accepted, as the loss of a restore from a backup.`);
  else
    findings.add(
      'restored',
      `${message}. The database was restored from a backup, or somebody cut the log: ask its operator, and if the loss is a known one, accept it with --accept-restore`,
    );
}

type Alike = readonly [Claim, ...Claim[]];

/** Claims that say the same of a log stand together. */
function alike(claims: readonly Claim[]): Alike[] {
  const groups = new Map<string, [Claim, ...Claim[]]>();
  for (const claim of claims) {
    const key = `${claim.checkpoint.size} ${claim.checkpoint.root.toString('base64')}`;
    const group = groups.get(key);
    if (group) group.push(claim);
    else groups.set(key, [claim]);
  }
  return [...groups.values()];
}
