import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { kernelErrors } from '../errors/kernel.errors.js';
import { newId } from '../ids/ids.js';
import { Ambient } from './ambient.js';
import type { Principal } from './principal.js';

/** What is known about the request, or the piece of background work, that the running code belongs to. */
export interface RequestState {
  readonly requestId: string;
  /** W3C trace id: 32 hexadecimal digits. */
  readonly traceId: string;
  principal?: Principal;
  readonly clientAddress?: string;
  readonly userAgent?: string;
  purpose?: string;
  /** The operation id of the route, or the name of the background job. */
  operation?: string;
  /** The error that is on the record already: nobody who passes it on tells it again. */
  recordedError?: unknown;
}

const present = new Ambient<RequestState>();

/** A fresh state with ids of its own. */
export function newRequestState(state: Partial<RequestState> = {}): RequestState {
  return { requestId: newId('req'), traceId: randomBytes(16).toString('hex'), ...state };
}

/** The state of the running request, readable anywhere without passing it by hand. Set once, at the edge. */
@Injectable()
export class RequestContext {
  /** The present state, or undefined outside any request or job. */
  get(): RequestState | undefined {
    return present.value;
  }

  /** The logged-in principal. Throws `kernel.unauthenticated` where there is none. */
  get principal(): Principal {
    const principal = present.value?.principal;
    if (!principal) throw kernelErrors.problem('kernel.unauthenticated');
    return principal;
  }

  /** Whether the present request has told this error on the record. Others may have got the same one, and tell it too. */
  hasRecorded(error: unknown): boolean {
    return present.value !== undefined && present.value.recordedError === error;
  }

  /** Notes that the present request tells this error on the record. */
  noteRecorded(error: unknown): void {
    if (present.value) present.value.recordedError = error;
  }

  /** Runs `work` with `state` as the present state. */
  run<T>(state: RequestState, work: () => T): T {
    return present.run(state, work);
  }

  /** Runs `work` as `principal` in a request of its own, keeping the trace id of the present one. */
  runAs<T>(principal: Principal, work: () => T, state: Partial<RequestState> = {}): T {
    const traceId = present.value?.traceId;
    return present.run(newRequestState({ ...(traceId ? { traceId } : {}), ...state, principal }), work);
  }
}
