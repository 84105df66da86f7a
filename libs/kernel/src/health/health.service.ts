import { Inject, Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { READER, WRITER } from '../database/database.js';
import { Migrator } from '../database/migrator.js';
import { Drain } from '../http/drain.js';
import { Ports, SchemaGuard } from '../ports/ports.js';
import { inTime } from '../time/in-time.js';
import { type Detail, detailsIn, type Facts } from './health-detail.js';

export type CheckResult = 'ok' | 'failed';

export interface Readiness {
  readonly status: 'ready' | 'unavailable';
  readonly checks: Readonly<Record<string, CheckResult>>;
  /** What rooms tell whoever watches; null for what could not be read. It never makes a process unready. */
  readonly details: Readonly<Record<string, Facts | null>>;
}

interface Check {
  readonly name: string;
  /** How long a good result is believed: anybody may ask, and asking must stay cheap. */
  readonly keepMs: number;
  /** Resolves to what is wrong, empty when nothing is. */
  run(): Promise<readonly string[]>;
}

interface Known<Result> {
  readonly result: Promise<Result>;
  readonly until: number;
}

/** Whether this process can do its work: both data sources, the schema and its capture triggers. */
@Injectable()
export class Health {
  private readonly logger = new Logger('Health');
  private readonly known = new Map<string, Known<CheckResult>>();
  private details: readonly Detail[] | undefined;
  private readonly told = new Map<string, Known<Facts | null>>();
  private readonly checks: readonly Check[];

  constructor(
    @Inject(getDataSourceToken(READER)) reader: DataSource,
    @Inject(getDataSourceToken(WRITER)) writer: DataSource,
    private readonly migrator: Migrator,
    ports: Ports,
    private readonly discovery: DiscoveryService,
    private readonly drain: Drain,
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
    const [results, details] = await Promise.all([
      Promise.all(this.checks.map(async (check) => [check.name, await this.result(check)] as const)),
      Promise.all(
        ((await this.migrator.isCurrent()) ? (this.details ??= detailsIn(this.discovery)) : []).map(
          async (detail) => [detail.name, await this.facts(detail)] as const,
        ),
      ),
    ]);
    // Load balancers stop sending requests to a process that is about to stop.
    const isReady = !this.drain.hasBegun && results.every(([, result]) => result === 'ok');
    return {
      status: isReady ? 'ready' : 'unavailable',
      checks: Object.fromEntries(results),
      details: Object.fromEntries(details),
    };
  }

  private result(check: Check): Promise<CheckResult> {
    const known = this.known.get(check.name);
    if (known && performance.now() < known.until) return known.result;
    const result = this.run(check);
    this.known.set(check.name, { result, until: performance.now() + check.keepMs });
    return result;
  }

  private facts(detail: Detail): Promise<Facts | null> {
    const known = this.told.get(detail.name);
    if (known && performance.now() < known.until) return known.result;
    const result = inTime(detail.read()).catch((error: unknown) => {
      this.logger.error({ detail: detail.name, err: error }, 'a detail of readiness could not be read');
      return null;
    });
    this.told.set(detail.name, { result, until: performance.now() + detail.keepMs });
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
