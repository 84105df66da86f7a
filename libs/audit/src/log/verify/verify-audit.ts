import { access, constants, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type NoteVerifier, parseVkey } from '../note/key.js';
import { namesOf } from '../note/quorum.js';
import { NoteError } from '../note/text.js';
import {
  type AuditOptions,
  type AuditToRead,
  readAudit,
  type RecordSource,
  type Verdict,
} from './audit-source.js';
import { Findings } from './findings.js';
import { type LogSource, SourceUnreadable } from './log-source.js';
import type { Progress } from './progress.js';
import { readRemembered, remember } from './remembered.js';
import { type Fact, factsOf, reportText } from './report.js';
import { type VerifiedLogs, verifyLogs } from './verify-logs.js';
import { readProof, verifyProof } from './verify-proof.js';
import type { ProofVerdict } from '../note/tlog-proof.js';

/** What to verify and whom to believe, as a command line says it. */
export interface AuditToVerify extends AuditToRead {
  /** Verifier keys of the log and of witnesses. */
  readonly key?: readonly string[];
  readonly witness?: readonly string[];
  /** How many of the witnesses must have cosigned; all unless told otherwise. */
  readonly quorum?: number;
  /** The file of the checkpoints that were verified last. */
  readonly remember?: string;
  /** What was lost with a restore from a backup is known. */
  readonly acceptRestore?: boolean;
  readonly proof?: string;
  readonly leaf?: string;
}

/** Verifies what is asked for, or a record, and reports it. Remembers the checkpoint only when nothing is wrong. */
export function verifyAudit(request: AuditToVerify, options: AuditOptions = {}): Promise<Verdict> {
  return readAudit(request, { ...options, failure: 'NOTHING VERIFIED' }, (source, { record, progress }) =>
    verify(request, source, record, progress),
  );
}

async function verify(
  request: AuditToVerify,
  source: LogSource | undefined,
  record: RecordSource | undefined,
  progress: Progress,
): Promise<Verdict> {
  const findings = new Findings();
  const keys = (request.key ?? []).map(parseVkey);
  const witnessKeys = (request.witness ?? []).map(parseVkey);
  const { quorum = namesOf(witnessKeys).length, acceptRestore = false, remember: memory } = request;
  const facts: Fact[] = [];
  let known: readonly NoteVerifier[] = keys;
  let verified: VerifiedLogs | undefined;
  if (source !== undefined) {
    // Said before the log is read, which can take long, and not when it turns out that nothing can be kept.
    if (memory !== undefined) await access(dirname(memory), constants.W_OK);
    const remembered = memory === undefined ? [] : await readRemembered(memory);
    // The record's rows are compared with the leaves by themselves.
    const withLeaves = record === undefined;
    const trusted = { keys, witnessKeys, quorum, remembered, acceptRestore };
    verified = await verifyLogs({ source, findings, ...trusted, withLeaves, progress });
    if (verified !== undefined) {
      known = verified.keys;
      facts.push(['Source', source.name], ...verified.logs.flatMap(factsOf));
      if (remembered.length > 0) facts.push(['Remembered', `compared with ${memory}`]);
      if (record !== undefined) facts.push(...(await record.checkRecord(verified, findings, progress)));
    }
  }
  if (request.proof !== undefined) {
    if (known.length === 0)
      throw new SourceUnreadable('A proof is verified with the key of its log: give it with --key');
    facts.push(...(await checkProof(request.proof, { ...request, quorum }, known, witnessKeys, findings)));
  } else if (source === undefined) {
    throw new SourceUnreadable('Say what to verify: --dir, --url, --database or --proof');
  }
  const isVerified = findings.count === 0;
  if (isVerified && verified !== undefined && memory !== undefined)
    await remember(
      memory,
      verified.logs.map(({ signed }) => signed),
    );
  return { exitCode: isVerified ? 0 : 1, report: reportText(facts, findings) };
}

async function checkProof(
  file: string,
  { leaf, quorum = 0 }: AuditToVerify,
  keys: readonly NoteVerifier[],
  witnessKeys: readonly NoteVerifier[],
  findings: Findings,
): Promise<Fact[]> {
  const given = readProof(
    await readFile(file, 'utf8'),
    leaf === undefined ? undefined : await readFile(leaf),
  );
  const verdict = verdictOf(() => verifyProof(given, keys, witnessKeys, quorum));
  if (!verdict.valid) {
    findings.add('proof', `The proof in ${file} does not hold: ${verdict.reason}`);
    return [];
  }
  const { checkpoint, cosignatures } = verdict;
  const witnesses = cosignatures.length === 0 ? '' : `, cosigned by ${cosignatures.length} witnesses`;
  return [
    ['Proof', `${file}: the leaf is entry ${verdict.index} of ${checkpoint.origin}`],
    ['Checkpoint', `${checkpoint.size.toLocaleString('en')} entries, signed by the log${witnesses}`],
  ];
}

/** A proof that cannot be read proves nothing. */
function verdictOf(verify: () => ProofVerdict): ProofVerdict {
  try {
    return verify();
  } catch (error) {
    if (error instanceof NoteError) return { valid: false, reason: error.message };
    throw error;
  }
}
