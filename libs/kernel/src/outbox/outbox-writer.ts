import { Injectable } from '@nestjs/common';
import { RequestContext } from '../context/request-context.js';
import type { OpenUnit } from '../unit-of-work/unit.js';
import { HandlerRegistry } from './handler-registry.js';

type Wake = () => void;

const INSERT_MESSAGE = {
  before:
    'INSERT INTO outbox_message (id, type, payload, status, attempts, available_at, created_at, entry_id, trace_id) VALUES',
};

/**
 * Writes a unit's events into its tail, and wakes the relay of this process after the commit. An event that nobody handles
 * is written as done with: it is there to be looked at, and no work for the relay.
 */
@Injectable()
export class OutboxWriter {
  private wake: Wake = () => undefined;

  constructor(
    private readonly context: RequestContext,
    private readonly registry: HandlerRegistry,
  ) {}

  /** Calls `wake` after each commit that left events. */
  onWritten(wake: Wake): void {
    this.wake = wake;
  }

  append(unit: OpenUnit): void {
    if (unit.events.length === 0) return;
    const traceId = this.context.get()?.traceId ?? null;
    let isHeard = false;
    for (const { event, availableAt } of unit.events) {
      const isUnheard = this.registry.isUnheard(event.type);
      isHeard ||= !isUnheard;
      unit.appendShared(INSERT_MESSAGE, [
        event.id,
        event.type,
        JSON.stringify(event.payload),
        isUnheard ? 'done' : 'pending',
        0,
        availableAt,
        unit.startedAt,
        unit.id,
        traceId,
      ]);
    }
    if (isHeard) unit.onCommitted(this.wake);
  }
}
