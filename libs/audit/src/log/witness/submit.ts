import { decodeDecimal, NoteError } from '../note/text.js';
import { ADD_CHECKPOINT, type AddCheckpoint, formatAddCheckpoint } from './add-checkpoint.js';

/** Longer answers of a witness are not read. */
const MAX_ANSWER_BYTES = 65_536;

/** What a witness answers to a checkpoint. */
export type WitnessReply =
  /** Signature lines, not verified. */
  | { readonly kind: 'cosigned'; readonly lines: string }
  /** The size of the checkpoint that it cosigned last is another one. */
  | { readonly kind: 'conflict'; readonly size: number }
  /** The proof does not lead from the checkpoint that it cosigned last to this one. */
  | { readonly kind: 'inconsistent' }
  /** It could not be asked, or answers something else. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Submits a checkpoint to the witness at an address; `signal` bounds the time. */
export async function submitCheckpoint(
  address: string,
  request: AddCheckpoint,
  signal: AbortSignal,
): Promise<WitnessReply> {
  const answer = await ask(`${address}/${ADD_CHECKPOINT}`, signal, {
    method: 'POST',
    body: formatAddCheckpoint(request),
  });
  if (typeof answer === 'string') return { kind: 'failed', reason: answer };
  const { status, body } = answer;
  if (status === 200) return { kind: 'cosigned', lines: body };
  if (status === 422) return { kind: 'inconsistent' };
  const size = status === 409 ? sizeOf(body) : undefined;
  if (size !== undefined) return { kind: 'conflict', size };
  return { kind: 'failed', reason: `it answers ${status}: ${printable(body)}` };
}

/** The checkpoint that a witness shows of the log whose origin has this SHA-256; undefined when it shows none. */
export async function latestCheckpoint(
  address: string,
  originHash: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await ask(`${address}/${originHash}/checkpoint`, signal, {});
  return typeof answer !== 'string' && answer.status === 200 ? answer.body : undefined;
}

/** Status and body; or why there is none, in words. Never follows a redirect: the address is what was configured. */
async function ask(
  url: string,
  signal: AbortSignal,
  init: RequestInit,
): Promise<{ status: number; body: string } | string> {
  try {
    const response = await fetch(url, { ...init, signal, redirect: 'error' });
    let body = '';
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      body += decoder.decode(part as Uint8Array, { stream: true });
      if (body.length > MAX_ANSWER_BYTES) return `its answer is longer than ${MAX_ANSWER_BYTES} bytes`;
    }
    return { status: response.status, body: body + decoder.decode() };
  } catch (error) {
    const { cause } = error as Error;
    return String(cause ?? error);
  }
}

function sizeOf(body: string): number | undefined {
  try {
    return decodeDecimal(body.replace(/\n$/, ''), 'size');
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}

/** What a stranger says, fit for a log line. */
const printable = (text: string): string =>
  text
    .slice(0, 200)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim();
