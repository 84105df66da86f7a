import { Injectable, Logger } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { InjectConfig } from '../config/define-config.js';
import { inTime } from '../time/in-time.js';
import { metricsConfig, type MetricsConfig } from './metrics.config.js';

type Labels = Readonly<Record<string, string>>;

/** One figure, such as how much waits somewhere. Labels come from small closed sets and say nothing about people. */
export interface Measurement {
  /** `steward_what_unit`. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
  readonly labels?: Labels;
}

/** Counts something in this process. */
export interface Count {
  add(by: number, labels?: Labels): void;
}

/** What is asked for more often is answered from memory. */
const KEEP_MS = 1_000;
const NOT_COUNTED: Count = { add: () => undefined };

/** The figures of this process in the Prometheus text format, and those of the database that its rooms read. */
@Injectable()
export class Metrics {
  private readonly logger = new Logger('Metrics');
  private readonly registry = new Registry();
  private readonly sources: (() => Promise<readonly Measurement[]>)[] = [];
  private known: { readonly text: Promise<string>; readonly until: number } | undefined;
  /** Whether anybody may ask; if not, nothing is measured. */
  readonly isOn: boolean;

  constructor(@InjectConfig(metricsConfig) { token }: MetricsConfig) {
    this.isOn = token !== undefined;
    if (this.isOn) collectDefaultMetrics({ register: this.registry });
  }

  /** A number that only grows while the process runs. */
  counter(name: string, help: string, labelNames: readonly string[] = []): Count {
    if (!this.isOn) return NOT_COUNTED;
    const counter = new Counter({ name, help, labelNames, registers: [this.registry] });
    if (labelNames.length === 0) counter.inc(0);
    return { add: (by, labels = {}) => counter.inc(labels, by) };
  }

  /** Lets `make` add its own instruments; it is not called when nobody may ask. */
  instruments<Made>(make: (registry: Registry) => Made): Made | undefined {
    return this.isOn ? make(this.registry) : undefined;
  }

  /** Asks `read` whenever metrics are read, once a second at most. It must be cheap whatever the size of the tables. */
  gauges(read: () => Promise<readonly Measurement[]>): void {
    this.sources.push(read);
  }

  /** Everything, as text. Never fails because of a source: what it would have told is left out. */
  text(): Promise<string> {
    if (this.known && performance.now() < this.known.until) return this.known.text;
    const text = this.read();
    this.known = { text, until: performance.now() + KEEP_MS };
    return text;
  }

  private async read(): Promise<string> {
    const measured = await Promise.all(this.sources.map((read) => this.ask(read)));
    return (await this.registry.metrics()) + (await textOf(measured.flat()));
  }

  private async ask(read: () => Promise<readonly Measurement[]>): Promise<readonly Measurement[]> {
    try {
      return await inTime(read());
    } catch (error) {
      this.logger.error({ err: error }, 'some metrics could not be read');
      return [];
    }
  }
}

function textOf(measurements: readonly Measurement[]): Promise<string> {
  const registry = new Registry();
  const gauges = new Map<string, Gauge>();
  for (const { name, help, labels = {}, value } of measurements) {
    const labelNames = Object.keys(labels);
    const gauge = gauges.get(name) ?? new Gauge({ name, help, labelNames, registers: [registry] });
    gauges.set(name, gauge);
    gauge.set(labels, value);
  }
  return registry.metrics();
}
