import { type Checkpoint, openCheckpoint } from '../note/checkpoint.js';
import type { NoteVerifier } from '../note/key.js';
import { familyOf, numberOf, originOf } from '../origin.js';
import { checkClaims, type Claim } from './check-claims.js';
import { entries, readCheckpoint } from './compare.js';
import type { Findings } from './findings.js';
import { type LogSource, SourceUnreadable } from './log-source.js';
import { noProgress, type Progress } from './progress.js';
import { previousOf } from './previous.js';
import { keysOf, trustedKeys } from './trust.js';
import { messageOf, type VerifiedLog, verifyLog } from './verify-log.js';

export interface LogsToVerify {
  /** The log that grows. */
  readonly source: LogSource;
  readonly findings: Findings;
  /** The log's keys; those that it shows of itself when there are none. */
  readonly keys: readonly NoteVerifier[];
  readonly witnessKeys?: readonly NoteVerifier[];
  /** How many witnesses must have cosigned the newest checkpoint; 0 unless told otherwise. */
  readonly quorum?: number;
  /** Signed checkpoints that were verified some time ago: of the log that was the newest, and of those before it. */
  readonly remembered?: readonly string[];
  /** What a former log lacks of what was signed is known, and no fault. */
  readonly acceptRestore?: boolean;
  /** Hash the leaf data as well; true unless told otherwise. */
  readonly withLeaves?: boolean;
  readonly progress?: Progress;
}

/** What was verified, or found wrong: the findings say which. */
export interface VerifiedLogs {
  readonly keys: readonly NoteVerifier[];
  /** The log that grows, and those that it and its predecessors continue, as far as they are there: the newest first. */
  readonly logs: readonly [VerifiedLog, ...VerifiedLog[]];
}

/**
 * Verifies a log as a stranger does: the log itself, those before it that it continues since a restore, that each of them
 * has all that the next one continues, and that all only grew since they were remembered. Gives undefined when there is no
 * checkpoint. @throws SourceUnreadable when nothing can be read, NoteError when a remembered checkpoint is malformed.
 */
export async function verifyLogs(claim: LogsToVerify): Promise<VerifiedLogs | undefined> {
  const { source, findings, remembered = [] } = claim;
  const signed = (await source.checkpoint())?.toString();
  if (signed === undefined) {
    if (remembered.length === 0) throw new SourceUnreadable(`${source.name} has no checkpoint`);
    findings.add('truncated', 'The log has no checkpoint, and you remember one');
    return undefined;
  }
  const keys = await trustedKeys(source, claim.keys, { signed, remembered: remembered[0], findings });
  return new FamilyCheck(claim, keys).run(signed);
}

class FamilyCheck {
  private readonly remembered: readonly Checkpoint[];
  /** The newest log that is remembered: what it and those before it continue was seen then. */
  private readonly rememberedNumber: number;
  private readonly claims: Claim[];
  private readonly findings: Findings;

  constructor(
    private readonly claim: LogsToVerify,
    private readonly keys: readonly NoteVerifier[],
  ) {
    const { remembered = [], acceptRestore = false, findings } = claim;
    this.findings = findings;
    this.remembered = remembered.map(readCheckpoint);
    this.rememberedNumber = Math.max(0, ...this.remembered.map(({ origin }) => numberOf(origin)));
    this.claims = this.remembered.map((checkpoint) => ({
      checkpoint,
      by: undefined,
      isAccepted: acceptRestore,
    }));
  }

  async run(signed: string): Promise<VerifiedLogs | undefined> {
    const newest = await this.log(this.claim.source, signed, true);
    if (newest === undefined) return undefined;
    const { origin } = newest.checkpoint;
    this.checkNames(origin);
    const logs: [VerifiedLog, ...VerifiedLog[]] = [newest];
    let continued = await this.checkPrevious(newest);
    for (let number = numberOf(origin) - 1; number > 0; number--) {
      const log = await this.formerLog(originOf(familyOf(origin), number));
      if (log === undefined) continue;
      logs.push(log);
      if (continued !== undefined && number > continued)
        this.findings.add('other_log', `No later log continues log ${log.checkpoint.origin}`);
      continued = await this.checkPrevious(log);
    }
    return { keys: this.keys, logs };
  }

  /** Nothing that is remembered may be of another log, or of one later than the newest. */
  private checkNames(newest: string): void {
    for (const { origin, size } of this.remembered) {
      if (familyOf(origin) !== familyOf(newest))
        this.findings.add('other_log', `You remember the log ${origin}, and this is the log ${newest}`);
      else if (numberOf(origin) > numberOf(newest))
        this.findings.add(
          'truncated',
          `You remember ${entries(size)} of log ${origin}, and the newest log here is ${newest}: it was removed, or an old database was restored without starting a new log`,
        );
    }
  }

  private async formerLog(origin: string): Promise<VerifiedLog | undefined> {
    const source = await this.claim.source.former(numberOf(origin));
    const signed = (await source?.checkpoint())?.toString();
    if (source !== undefined && signed !== undefined) {
      const log = await this.log(source, signed, false);
      if (log?.checkpoint.origin === origin) return log;
      if (log !== undefined)
        this.findings.add('other_log', `${source.name} is the log ${log.checkpoint.origin}, not ${origin}`);
    }
    await this.check(origin, undefined, false);
    return undefined;
  }

  private async log(source: LogSource, signed: string, isNewest: boolean): Promise<VerifiedLog | undefined> {
    const { findings, withLeaves = true, witnessKeys = [], quorum = 0, progress = noProgress } = this.claim;
    const log = await verifyLog({
      source,
      signed,
      findings,
      keys: this.keys,
      believed: isNewest ? [] : this.claims.map(({ checkpoint }) => checkpoint),
      withLeaves,
      witnessKeys,
      quorum: isNewest ? quorum : 0,
      progress,
    });
    if (log !== undefined) await this.check(log.checkpoint.origin, log, isNewest);
    return log;
  }

  private async check(origin: string, log: VerifiedLog | undefined, isNewest: boolean): Promise<void> {
    const claims = this.claims.filter(({ checkpoint }) => checkpoint.origin === origin);
    await checkClaims({ origin, log, isNewest, claims, findings: this.findings });
  }

  /** Notes what a log continues, to be compared with the log before it; gives that one's number. */
  private async checkPrevious(log: VerifiedLog): Promise<number | undefined> {
    const by = log.checkpoint.origin;
    const number = numberOf(by);
    if (number === 1) return 0;
    const previous = await previousOf(log);
    if ('unknown' in previous) {
      this.findings.note(`What log ${by} continues cannot be read, and is not checked: ${previous.unknown}.`);
      return undefined;
    }
    const isKnown = number <= this.rememberedNumber;
    const checkpoint = 'wrong' in previous ? previous.wrong : this.opened(previous.signed, isKnown);
    if (typeof checkpoint !== 'string' && isBefore(checkpoint.origin, by)) {
      this.claims.push({ checkpoint, by, isAccepted: isKnown || this.claim.acceptRestore === true });
      return numberOf(checkpoint.origin);
    }
    const why = typeof checkpoint === 'string' ? checkpoint : `log ${checkpoint.origin} is not before it`;
    this.findings.add('other_log', `Log ${by} does not say what it continues: ${why}`);
    return undefined;
  }

  /** A checkpoint that is believed; or why it is not, in words. */
  private opened(signed: string, isKnown: boolean): Checkpoint | string {
    try {
      const checkpoint = readCheckpoint(signed);
      if (!isKnown) openCheckpoint(signed, { logKeys: keysOf(checkpoint.origin, this.keys) });
      return checkpoint;
    } catch (error) {
      return `${messageOf(error)} (a key that it had then can be given with --key as well)`;
    }
  }
}

const isBefore = (origin: string, later: string): boolean =>
  familyOf(origin) === familyOf(later) && numberOf(origin) < numberOf(later);
