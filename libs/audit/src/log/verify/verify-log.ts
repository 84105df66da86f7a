import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../note/checkpoint.js';
import type { NoteVerifier } from '../note/key.js';
import { parseNote, type VerifiedSignature } from '../note/note.js';
import { NoteError } from '../note/text.js';
import { checkRemembered } from './check-remembered.js';
import { checkTiles } from './check-tiles.js';
import { readLeaves } from './check-leaves.js';
import type { Findings } from './findings.js';
import { AccessDenied, type LogSource, SourceUnreadable } from './log-source.js';
import { noProgress, type Progress } from './progress.js';
import { keysOf, trustedKeys } from './trust.js';

export interface LogToVerify {
  readonly source: LogSource;
  readonly findings: Findings;
  /** The log's keys; those that it shows of itself when there are none. */
  readonly keys?: readonly NoteVerifier[];
  readonly witnessKeys?: readonly NoteVerifier[];
  /** How many witnesses must have cosigned; 0 unless told otherwise. */
  readonly quorum?: number;
  /** A signed checkpoint that was verified some time ago. */
  readonly remembered?: string | undefined;
  /** Hash the leaf data as well; true unless told otherwise. */
  readonly withLeaves?: boolean;
  readonly progress?: Progress;
}

/** What was verified, or found wrong: the findings say which. */
export interface VerifiedLog {
  /** The signed checkpoint, as it came. */
  readonly signed: string;
  readonly checkpoint: Checkpoint;
  readonly keys: readonly NoteVerifier[];
  readonly signatures: readonly VerifiedSignature[];
  readonly tiles: number;
  readonly areLeavesChecked: boolean;
}

/**
 * Verifies a log as a stranger does: who signed it, that its tiles are the signed tree, that its leaves are those of the
 * tree, and that it only grew since a checkpoint that is remembered. Gives undefined when there is no checkpoint.
 * @throws SourceUnreadable when the log cannot be read, NoteError when the remembered checkpoint is malformed.
 */
export async function verifyLog(log: LogToVerify): Promise<VerifiedLog | undefined> {
  const { source, findings, remembered, progress = noProgress } = log;
  const signed = (await source.checkpoint())?.toString();
  if (signed === undefined) {
    if (remembered === undefined) throw new SourceUnreadable(`${source.name} has no checkpoint`);
    findings.add('truncated', 'The log has no checkpoint, and you remember one');
    return undefined;
  }
  const keys = await trustedKeys(source, log.keys ?? [], remembered, findings);
  const opened = open(signed, keys, log);
  if (opened === undefined) return undefined;
  const { checkpoint } = opened;
  if (remembered !== undefined) await checkRemembered({ source, checkpoint, remembered, findings });
  const areLeavesChecked = (log.withLeaves ?? true) && (await canReadLeaves(source, checkpoint, findings));
  const withLeaves = areLeavesChecked;
  const tiles = await checkTiles({ source, checkpoint, withLeaves, findings, progress });
  return { signed, keys, tiles, areLeavesChecked, ...opened };
}

/** The checkpoint, verified or reported; undefined when it is none at all. */
function open(signed: string, keys: readonly NoteVerifier[], { findings, ...log }: LogToVerify) {
  try {
    const checkpoint = parseCheckpoint(parseNote(signed).text);
    try {
      const trusted = { logKeys: keysOf(checkpoint.origin, keys), witnessKeys: log.witnessKeys ?? [] };
      const { logSignatures, cosignatures } = openCheckpoint(signed, trusted);
      const witnesses = new Set(cosignatures.map(({ name }) => name)).size;
      const { quorum = 0 } = log;
      if (witnesses < quorum)
        findings.add('witnesses', `${witnesses} known witnesses cosigned the checkpoint, not ${quorum}`);
      return { checkpoint, signatures: [...logSignatures, ...cosignatures] };
    } catch (error) {
      findings.add('checkpoint', `The checkpoint is not to be believed: ${messageOf(error)}`);
      // What else is wrong is said in relation to what it claims.
      return { checkpoint, signatures: [] };
    }
  } catch (error) {
    findings.add('checkpoint', `The checkpoint cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}

async function canReadLeaves(source: LogSource, { size }: Checkpoint, findings: Findings): Promise<boolean> {
  if (size === 0) return false;
  const why = await readLeaves(source, { level: 0, index: 0, width: Math.min(size, 256) }).then(
    (leaves) => (leaves === 'is missing' ? 'the source has none' : undefined),
    (error: unknown) => {
      if (error instanceof AccessDenied) return error.message;
      throw error;
    },
  );
  if (why !== undefined) findings.note(`The entries' leaf data was not checked, only their hashes: ${why}.`);
  return why === undefined;
}

/** The words of an error about a note; any other is thrown again. */
function messageOf(error: unknown): string {
  if (error instanceof NoteError) return error.message;
  throw error;
}
