import { Injectable } from '@nestjs/common';
import { RequestContext } from '../context/request-context.js';
import type { OpenUnit } from '../unit-of-work/unit.js';

type Wake = () => void;

const INSERT_MESSAGE =
  'INSERT INTO outbox_message (id, type, payload, status, attempts, available_at, created_at, entry_id, trace_id) VALUES';

/** Writes a unit's events into its tail, and wakes the relay of this process after the commit. */
@Injectable()
export class OutboxWriter {
  private wake: Wake = () => undefined;

  constructor(private readonly context: RequestContext) {}

  /** Calls `wake` after each commit that left events. */
  onWritten(wake: Wake): void {
    this.wake = wake;
  }

  append(unit: OpenUnit): void {
    if (unit.events.length === 0) return;
    const traceId = this.context.get()?.traceId ?? null;
    for (const { event, availableAt } of unit.events) {
      unit.appendShared(INSERT_MESSAGE, [
        event.id,
        event.type,
        JSON.stringify(event.payload),
        'pending',
        0,
        availableAt,
        unit.startedAt,
        unit.id,
        traceId,
      ]);
    }
    unit.onCommitted(this.wake);
  }
}
