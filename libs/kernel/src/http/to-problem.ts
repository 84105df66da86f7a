import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { kernelErrors } from '../errors/kernel.errors.js';
import { Problem } from '../errors/problem.js';

const BY_STATUS: Readonly<Record<number, keyof typeof kernelErrors.definitions>> = {
  400: 'kernel.malformed_request',
  401: 'kernel.unauthenticated',
  403: 'kernel.forbidden',
  404: 'kernel.not_found',
  409: 'kernel.conflict',
  413: 'kernel.payload_too_large',
  // A path part longer than any id names nothing.
  414: 'kernel.not_found',
  415: 'kernel.unsupported_media_type',
  429: 'kernel.rate_limited',
  503: 'kernel.unavailable',
};

/**
 * What the client is told about an error. Only problems from a catalogue speak for themselves; of the framework's own
 * errors the status is kept and the words are ours, and anything else is `kernel.internal` with the error as its cause.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  if (status === undefined) return kernelErrors.problem('kernel.internal', { cause: error });
  const code = BY_STATUS[status];
  if (code) return kernelErrors.problem(code, { cause: error });
  if (status >= 500) return kernelErrors.problem('kernel.internal', { cause: error });
  const title = STATUS_CODES[status] ?? 'The request was refused';
  return new Problem(
    'kernel.malformed_request',
    { ...kernelErrors.definitions['kernel.malformed_request'], status, title },
    { cause: error },
  );
}

/** The status of an error that Nest or Fastify threw on purpose. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error)) return undefined;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  // An error of the HTTP client that some service uses may carry a status as well, and that is not ours to repeat.
  const isFastify = typeof code === 'string' && code.startsWith('FST_ERR_');
  // A client that hung up amid its body: Fastify hands on Node's own error, with this status.
  const isHungUp = code === 'ECONNRESET' && statusCode === 400;
  return (isFastify || isHungUp) && typeof statusCode === 'number' ? statusCode : undefined;
}
