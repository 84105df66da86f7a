import { AsyncResource } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/**
 * An answer that is made while it is sent, as a file to be saved. The next piece is asked for when the client has taken
 * the ones before, and none any more when it has gone. What fails then breaks the connection off: a client must not take
 * a part for the whole.
 */
export function streamAnswer(
  pieces: AsyncGenerator<string, void, undefined>,
  { type, fileName }: { readonly type: string; readonly fileName: string },
): StreamableFile {
  return new StreamableFile(Readable.from(inThisContext(pieces)), {
    type,
    disposition: `attachment; filename="${fileName}"`,
  });
}

/** The stream is read by the server's socket, outside the request's context: each step is taken back into it. */
function inThisContext<T>(pieces: AsyncGenerator<T, void, undefined>): AsyncIterable<T> {
  const next = AsyncResource.bind(() => pieces.next());
  const close = AsyncResource.bind(() => pieces.return());
  return { [Symbol.asyncIterator]: () => ({ next, return: close }) };
}
