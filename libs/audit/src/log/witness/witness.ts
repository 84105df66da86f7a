import { openCheckpoint, type OpenCheckpoint, parseCheckpoint } from '../note/checkpoint.js';
import { cosigner, type NoteSigner, type NoteVerifier } from '../note/key.js';
import { parseNote, signatureLine } from '../note/note.js';
import { NoteError } from '../note/text.js';
import { EMPTY_ROOT, sha256 } from '../tree/hash.js';
import { verifyConsistency } from '../tree/proof.js';
import { type AddCheckpoint, parseAddCheckpoint, SIZE_TYPE } from './add-checkpoint.js';
import type { WitnessKey } from './witness-key.js';
import type { Witnessed, WitnessState } from './witness-state.js';

/** An answer over HTTP. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
  /** Plain text unless told otherwise. */
  readonly type?: string;
}

/**
 * Cosigns the checkpoints of logs as long as each is an extension of the one before (C2SP tlog-witness). So nobody can be
 * shown another history of such a log than everybody else, unless the witness conspires.
 */
export class Witness {
  private readonly signer: NoteSigner;
  private readonly logs: ReadonlyMap<string, readonly NoteVerifier[]>;

  /** `logKeys` are the keys of the logs it serves, each called as its log's origin; several while a key is replaced. */
  constructor(
    key: WitnessKey,
    private readonly state: WitnessState,
    logKeys: readonly NoteVerifier[],
    now: () => number = () => Date.now() / 1000,
  ) {
    this.signer = cosigner(key.name, key.privateKey, now);
    this.logs = new Map(logKeys.map(({ name }) => [name, logKeys.filter((other) => other.name === name)]));
  }

  get vkey(): string {
    return this.signer.vkey;
  }

  /** The origins of the logs it serves. */
  get origins(): readonly string[] {
    return [...this.logs.keys()];
  }

  /** The call `add-checkpoint`. When it answers 200, the checkpoint is on disk. */
  addCheckpoint(body: string | Uint8Array): WitnessAnswer {
    let request: AddCheckpoint;
    let origin: string;
    try {
      request = parseAddCheckpoint(body);
      origin = parseCheckpoint(parseNote(request.checkpoint).text).origin;
    } catch (error) {
      return refusal(400, error);
    }
    const keys = this.logs.get(origin);
    if (keys === undefined) return { status: 404, body: 'This witness does not know the log.\n' };
    let opened: OpenCheckpoint;
    try {
      opened = openCheckpoint(request.checkpoint, { logKeys: keys, origin });
    } catch (error) {
      return refusal(403, error);
    }
    if (request.oldSize > opened.checkpoint.size) {
      return { status: 400, body: 'The old size is larger than the checkpoint.\n' };
    }
    return this.state.update(origin, (latest) => this.decide(request, opened, latest)).answer;
  }

  /** What was cosigned last for the log whose origin has this SHA-256 in hexadecimal. */
  latest(originHash: string): string | undefined {
    const origin = this.origins.find((each) => sha256(Buffer.from(each)).toString('hex') === originHash);
    return origin === undefined ? undefined : this.state.latest(origin)?.note;
  }

  private decide(
    { oldSize, proof }: AddCheckpoint,
    { checkpoint, text, logSignatures }: OpenCheckpoint,
    latest: Witnessed | undefined,
  ): { answer: WitnessAnswer; next?: Witnessed } {
    const known = latest ?? { size: 0, root: EMPTY_ROOT };
    const { size, root } = checkpoint;
    if (oldSize !== known.size) {
      return { answer: { status: 409, body: `${known.size}\n`, type: SIZE_TYPE } };
    }
    const claim = { oldSize, oldRoot: known.root, newSize: size, newRoot: root, proof };
    if (!verifyConsistency(claim)) {
      return {
        answer: {
          status: 422,
          body: `The checkpoint is not proven to extend the one of ${known.size} leaves that this witness cosigned.\n`,
        },
      };
    }
    const cosignature = signatureLine(text, this.signer);
    const note = `${text}\n${logSignatures.map(({ line }) => line).join('')}${cosignature}`;
    return { answer: { status: 200, body: cosignature }, next: { size, root, note } };
  }
}

function refusal(status: 400 | 403, error: unknown): WitnessAnswer {
  if (error instanceof NoteError) return { status, body: `${error.message}.\n` };
  throw error;
}
