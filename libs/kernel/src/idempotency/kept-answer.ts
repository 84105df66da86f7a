import type { FastifyReply } from 'fastify';
import { PROBLEM_TYPE } from '../http/problem-document.js';

/** Thrown to answer a request with what was kept under its idempotency key; not an error. */
export class KeptAnswer {
  constructor(
    readonly status: number,
    /** The body as it is sent, byte for byte; empty for none. */
    readonly body: string,
    /** Whether an earlier request has had this answer. */
    readonly isReplay: boolean,
  ) {}

  send(reply: FastifyReply): void {
    if (this.isReplay) reply.header('idempotent-replayed', 'true');
    reply.status(this.status);
    if (this.body === '') reply.send();
    else reply.type(this.status < 400 ? 'application/json; charset=utf-8' : PROBLEM_TYPE).send(this.body);
  }
}
