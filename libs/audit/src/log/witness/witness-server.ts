import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { MAX_NOTE_BYTES } from '../note/note.js';
import { ADD_CHECKPOINT } from './add-checkpoint.js';
import type { Witness } from './witness.js';

const TIMEOUT_MS = 10_000;
const TEXT = 'text/plain; charset=utf-8';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/**
 * The witness behind HTTP: `POST /add-checkpoint`, `GET /<SHA-256 of a log's origin>/checkpoint`, and its verifier key at
 * `GET /`. `served` is told of every request.
 */
export function witnessServer(witness: Witness, served: (line: string) => void = () => undefined): Server {
  const server = createServer(
    { requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS },
    (request, response) => void serve(request, response),
  );
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = await answerTo(witness, request).catch((error: unknown): Answer => {
      served(`ERROR ${String(error)}`);
      return { status: 500, body: 'The witness failed.\n' };
    });
    served(`${request.method} ${request.url} ${answer.status}`);
    send(response, answer);
  };
  return server;
}

async function answerTo(witness: Witness, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const isWrite = path === `/${ADD_CHECKPOINT}`;
  if (request.method !== (isWrite ? 'POST' : 'GET')) return { status: 405, body: 'Not with this method.\n' };
  if (isWrite) {
    const body = await bodyOf(request);
    return body ? witness.addCheckpoint(body) : { status: 413, body: 'The request is too long.\n' };
  }
  if (path === '/') return { status: 200, body: `${witness.vkey}\n` };
  const [, originHash] = /^\/([0-9a-f]{64})\/checkpoint$/.exec(path) ?? [];
  const note = originHash === undefined ? undefined : witness.latest(originHash);
  return note === undefined ? { status: 404, body: 'There is nothing here.\n' } : { status: 200, body: note };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  // The answer needs the connection even when the rest is not read.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_NOTE_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function send(response: ServerResponse, { status, body, type = TEXT }: Answer): void {
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, status === 413 ? { ...headers, connection: 'close' } : headers).end(body);
}
