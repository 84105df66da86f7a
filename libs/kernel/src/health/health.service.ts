import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { READER, WRITER } from '../database/database.js';
import { Migrator } from '../database/migrator.js';
import { Ports, SchemaGuard } from '../ports/ports.js';

export type CheckResult = 'ok' | 'failed';

export interface Readiness {
  readonly status: 'ready' | 'unavailable';
  readonly checks: Readonly<Record<string, CheckResult>>;
}

interface Check {
  readonly name: string;
  /** How long a good result is believed: anybody may ask, and asking must stay cheap. */
  readonly keepMs: number;
  /** Resolves to what is wrong, empty when nothing is. */
  run(): Promise<readonly string[]>;
}

interface Known {
  readonly result: Promise<CheckResult>;
  readonly until: number;
}

const TIMEOUT_MS = 2000;

/** Whether this process can do its work: both data sources, the schema and its capture triggers. */
@Injectable()
export class Health implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Health');
  private readonly known = new Map<string, Known>();
  private readonly checks: readonly Check[];
  private isStopping = false;

  constructor(
    @Inject(getDataSourceToken(READER)) reader: DataSource,
    @Inject(getDataSourceToken(WRITER)) writer: DataSource,
    migrator: Migrator,
    ports: Ports,
  ) {
    const answers = (source: DataSource) => async () => {
      await source.query('SELECT 1');
      return [];
    };
    this.checks = [
      { name: 'databaseRead', keepMs: 1000, run: answers(reader) },
      { name: 'databaseWrite', keepMs: 1000, run: answers(writer) },
      { name: 'migrations', keepMs: 10_000, run: () => migrator.pending() },
      { name: 'changeCapture', keepMs: 10_000, run: () => ports.get(SchemaGuard).mismatches() },
    ];
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      this.checks.map(async (check) => [check.name, await this.result(check)] as const),
    );
    const isReady = !this.isStopping && results.every(([, result]) => result === 'ok');
    return { status: isReady ? 'ready' : 'unavailable', checks: Object.fromEntries(results) };
  }

  /** Load balancers stop sending requests while the running ones are finished. */
  beforeApplicationShutdown(): void {
    this.isStopping = true;
  }

  private result(check: Check): Promise<CheckResult> {
    const known = this.known.get(check.name);
    if (known && performance.now() < known.until) return known.result;
    const result = this.run(check);
    this.known.set(check.name, { result, until: performance.now() + check.keepMs });
    return result;
  }

  private async run(check: Check): Promise<CheckResult> {
    try {
      const mistakes = await inTime(check.run());
      if (mistakes.length === 0) return 'ok';
      this.logger.error({ check: check.name, mistakes }, 'not ready');
    } catch (error) {
      this.logger.error({ check: check.name, err: error }, 'not ready');
    }
    const known = this.known.get(check.name);
    // A bad result is looked at again soon.
    if (known) this.known.set(check.name, { ...known, until: performance.now() + 500 });
    return 'failed';
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
