import { type BeforeApplicationShutdown, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { InjectConfig } from '../config/define-config.js';
import { httpConfig, type HttpConfig } from './http.config.js';

const SWEEP_MS = 50;

/** Running requests may finish when the process is told to stop, but not for ever. */
@Injectable()
export class Drain implements BeforeApplicationShutdown, OnApplicationShutdown {
  private deadline: NodeJS.Timeout | undefined;
  private sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    @InjectConfig(httpConfig) private readonly config: HttpConfig,
  ) {}

  beforeApplicationShutdown(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    // A connection that was busy when the server stopped listening would be kept alive after its answer.
    this.sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    this.deadline = setTimeout(() => server.closeAllConnections(), this.config.shutdownGraceMs);
  }

  onApplicationShutdown(): void {
    clearInterval(this.sweep);
    clearTimeout(this.deadline);
  }
}
