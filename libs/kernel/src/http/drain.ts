import { setImmediate as immediate } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { InjectConfig } from '../config/define-config.js';
import { httpConfig, type HttpConfig } from './http.config.js';

const SWEEP_MS = 50;
/** As many as Node lets the system queue. */
const BACKLOG = 511;

/**
 * The end of a process in such an order that requests get lost as rarely as HTTP/1.1 allows: first it goes on listening
 * for a while, but is no longer ready, and each answer asks the client to close its connection (RFC 9112 section 9.6).
 * Then it stops listening, and running requests may finish, but not for ever.
 */
@Injectable()
export class Drain implements OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown {
  private began = false;
  private deadline: NodeJS.Timeout | undefined;
  private sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    @InjectConfig(httpConfig) private readonly config: HttpConfig,
  ) {}

  /** Whether the process has been told to stop. */
  get hasBegun(): boolean {
    return this.began;
  }

  async onModuleDestroy(): Promise<void> {
    this.began = true;
    if (this.server.listening)
      await new Promise((resolve) => setTimeout(resolve, this.config.shutdownDelayMs));
  }

  /**
   * Accepts whom the system has connected already: they would be reset when the server stops listening. One comes in
   * with each turn of the event loop, and no more of them wait than the system queues.
   */
  async acceptWaiting(): Promise<void> {
    let came = true;
    const note = () => (came = true);
    this.server.on('connection', note);
    for (let turn = 0; came && turn < BACKLOG; turn += 1) {
      came = false;
      // The first may come before the turn has looked at the network at all.
      await immediate();
      await immediate();
    }
    this.server.off('connection', note);
  }

  beforeApplicationShutdown(): void {
    // An answer that had begun before could not ask for its connection to be closed.
    this.sweep = setInterval(() => this.server.closeIdleConnections(), SWEEP_MS);
    this.deadline = setTimeout(() => this.server.closeAllConnections(), this.config.shutdownGraceMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.sweep);
    clearTimeout(this.deadline);
  }

  private get server(): Server {
    return this.host.httpAdapter.getHttpServer() as Server;
  }
}
