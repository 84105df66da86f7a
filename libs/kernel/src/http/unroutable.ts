import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { kernelErrors } from '../errors/kernel.errors.js';
import type { Problem } from '../errors/problem.js';
import { traceIdOf } from './edge.js';
import { PROBLEM_TYPE, problemDocument } from './problem-document.js';
import { toProblem } from './to-problem.js';

/** Answers what the router cannot read (a malformed URL, an endless path part), before any hook runs. */
export function answerUnroutable(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error);
  if (problem.status >= 500) new Logger('Http').error({ err: error }, 'request failed');
  const document = problemDocument(problem, traceIdOf(request.headers['traceparent']));
  reply
    .header('cache-control', 'no-store')
    .header('x-trace-id', document.traceId)
    .header('x-content-type-options', 'nosniff')
    .status(problem.status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(document));
}

/** Answers what is not HTTP at all, or came too slowly, on the bare socket. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = brokenBecause(error.code);
  const body = JSON.stringify(problemDocument(problem, traceIdOf(undefined)));
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Bad Request'}\r\n` +
      `Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}

function brokenBecause(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return kernelErrors.problem('kernel.request_timeout');
  if (code === 'HPE_HEADER_OVERFLOW') return kernelErrors.problem('kernel.headers_too_large');
  return kernelErrors.problem('kernel.malformed_request');
}
