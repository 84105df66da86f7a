import { Injectable } from '@nestjs/common';
import { Clock, type Facts, HealthDetail, type Measurement, Metrics } from '#kernel';
import type { AuditWitness } from '../../entities/audit-witness.entity.js';
import { LogStore } from '../log-store.js';
import { WitnessStates } from './witness-states.js';

/**
 * Tells in readiness and metrics how it stands with each witness. Why one fails is in the log file: it may name addresses
 * that are nobody else's business.
 */
@Injectable()
export class WitnessHealth {
  constructor(
    metrics: Metrics,
    private readonly store: LogStore,
    private readonly states: WitnessStates,
    private readonly clock: Clock,
  ) {
    metrics.gauges(() => this.measure());
  }

  @HealthDetail({ name: 'witnesses', keepMs: 1_000 })
  async read(): Promise<Facts> {
    return Object.fromEntries((await this.present()).map((state) => [state.witness, wordOf(state)]));
  }

  private async measure(): Promise<Measurement[]> {
    const now = this.clock.now().getTime();
    return (await this.present()).flatMap((state) => {
      const tell = (name: string, help: string, value: number) => ({
        name: `steward_witness_${name}`,
        help,
        labels: { witness: state.witness },
        value,
      });
      const { size, cosignedAt } = state;
      const word = wordOf(state);
      return [
        tell('size', 'How many entries the checkpoint has that the witness cosigned last.', size),
        ...(cosignedAt
          ? [tell('cosigned_seconds', 'Time since it did.', (now - cosignedAt.getTime()) / 1000)]
          : []),
        tell('failing', '1 while it gives no cosignature.', Number(word === 'failing')),
        tell('disputed', '1 while it says that it saw another history.', Number(word === 'disputed')),
      ];
    });
  }

  private async present(): Promise<AuditWitness[]> {
    const log = await this.store.current();
    return log ? this.states.of(log.number) : [];
  }
}

function wordOf({ disputedSize, failingSince, cosignedAt }: AuditWitness): string {
  if (disputedSize !== null) return 'disputed';
  if (failingSince !== null) return 'failing';
  return cosignedAt === null ? 'new' : 'ok';
}
