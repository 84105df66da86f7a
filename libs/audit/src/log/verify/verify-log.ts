import { type Checkpoint, openCheckpoint } from '../note/checkpoint.js';
import type { NoteVerifier } from '../note/key.js';
import { parseNote, type VerifiedSignature } from '../note/note.js';
import { shortOfWitnesses } from '../note/quorum.js';
import { NoteError } from '../note/text.js';
import { checkTiles } from './check-tiles.js';
import { readLeaves } from './check-leaves.js';
import { beganWith, entries, type LogAt, readCheckpoint } from './compare.js';
import type { Findings } from './findings.js';
import { AccessDenied, type LogSource } from './log-source.js';
import type { Progress } from './progress.js';
import { keysOf } from './trust.js';

export interface LogToVerify {
  readonly source: LogSource;
  /** The signed checkpoint, as it came. */
  readonly signed: string;
  readonly findings: Findings;
  /** The log's keys, under any name of its family. */
  readonly keys: readonly NoteVerifier[];
  readonly witnessKeys: readonly NoteVerifier[];
  /** How many witnesses must have cosigned. */
  readonly quorum: number;
  /** Checkpoints that are believed whoever signed them. */
  readonly believed: readonly Checkpoint[];
  /** Hash the leaf data as well. */
  readonly withLeaves: boolean;
  readonly progress: Progress;
}

/** What was verified, or found wrong: the findings say which. */
export interface VerifiedLog extends LogAt {
  /** The checkpoint with the signatures of those only who are trusted. */
  readonly signed: string;
  readonly signatures: readonly VerifiedSignature[];
  readonly tiles: number;
  readonly areLeavesChecked: boolean;
}

/**
 * Verifies one log: who signed it, that its tiles are the signed tree, and that its leaves are those of the tree. Gives
 * undefined when its checkpoint is none. @throws SourceUnreadable when the log cannot be read.
 */
export async function verifyLog(log: LogToVerify): Promise<VerifiedLog | undefined> {
  const { source, findings, progress } = log;
  const served = log.quorum > 0 ? await source.served?.() : undefined;
  const opened = open(served === undefined ? log : { ...log, quorum: 0 });
  if (opened === undefined) return undefined;
  if (served !== undefined) opened.signatures.push(...(await cosigned(served, log, opened.checkpoint)));
  const { checkpoint } = opened;
  const withLeaves = log.withLeaves && (await canReadLeaves(source, checkpoint, findings));
  const tiles = await checkTiles({ source, checkpoint, withLeaves, findings, progress });
  return { source, tiles, areLeavesChecked: withLeaves, ...opened };
}

/** The cosignatures of the checkpoint that is served, which must be a part of the log. */
async function cosigned(served: string, log: LogToVerify, newest: Checkpoint): Promise<VerifiedSignature[]> {
  const opened = open({ ...log, signed: served });
  if (opened === undefined) return [];
  const { origin, size } = opened.checkpoint;
  const isPart =
    origin === newest.origin &&
    size <= newest.size &&
    (await beganWith(opened.checkpoint, { source: log.source, checkpoint: newest })) === true;
  const what = `The checkpoint of ${entries(size)} that is served`;
  if (!isPart) log.findings.add('rewritten', `${what} is no part of log ${newest.origin}`);
  else if (size < newest.size) log.findings.note(`${what} is the one that witnesses had time to cosign.`);
  return opened.signatures.filter(({ key }) => log.witnessKeys.includes(key));
}

/** The checkpoint, verified or reported; undefined when it is none at all. */
function open({ signed, findings, ...log }: LogToVerify) {
  try {
    const checkpoint = readCheckpoint(signed);
    const trusted = { logKeys: keysOf(checkpoint.origin, log.keys), witnessKeys: log.witnessKeys };
    try {
      const { logSignatures, cosignatures } = openCheckpoint(signed, trusted);
      const short = shortOfWitnesses(cosignatures, log.witnessKeys, log.quorum);
      if (short !== undefined) findings.add('witnesses', short);
      const signatures = [...logSignatures, ...cosignatures];
      const lines = signatures.map(({ line }) => line).join('');
      return {
        checkpoint,
        signatures,
        signed: `${parseNote(signed).text}\n${lines}`,
      };
    } catch (error) {
      const why = messageOf(error);
      if (!log.believed.some((known) => isSame(known, checkpoint)))
        findings.add(
          'checkpoint',
          `The checkpoint of log ${checkpoint.origin} is not to be believed: ${why}`,
        );
      // What else is wrong is said in relation to what it claims.
      return { checkpoint, signatures: [], signed };
    }
  } catch (error) {
    findings.add('checkpoint', `The checkpoint of ${log.source.name} cannot be read: ${messageOf(error)}`);
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

const isSame = (one: Checkpoint, other: Checkpoint): boolean =>
  one.origin === other.origin && one.size === other.size && one.root.equals(other.root);

/** The words of an error about a note; any other is thrown again. */
export function messageOf(error: unknown): string {
  if (error instanceof NoteError) return error.message;
  throw error;
}
