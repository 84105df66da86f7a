import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Clock, type ConfigOf, InjectConfig, Recurring } from '#kernel';
import { auditConfig } from '../../audit.config.js';
import type { AuditLog } from '../../entities/audit-log.entity.js';
import type { AuditWitness } from '../../entities/audit-witness.entity.js';
import { LogKeys } from '../log-keys.js';
import { LogStore } from '../log-store.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { parseNote } from '../note/note.js';
import { treeRoot } from '../tree/hash-reader.js';
import { consistencyProof } from '../tree/proof.js';
import { type ConfiguredWitness, cosign, type Cosigning, type WitnessedLog } from './cosign.js';
import { Disputes } from './disputes.js';
import { Publication } from './publication.js';
import { isBeingAsked, isDue, WitnessStates } from './witness-states.js';

/** A checkpoint waits so long for its cosignatures until it is served without those that are missing. */
const PATIENCE_MS = 2_000;
/** What a witness answers later than this counts as no answer. */
const TIMEOUT_MS = 5_000;

type Signed = AuditLog & { readonly checkpoint: string };

/**
 * Has the log's checkpoints cosigned by witnesses, and publishes them. The log itself never waits for a witness: one that
 * is slow is not waited for, one that fails is asked less and less often, and one at a time asks each of them.
 */
@Injectable()
export class CollectCosignatures implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Witnesses');
  private readonly witnesses: ReadonlyMap<string, ConfiguredWitness>;
  private readonly stopping = new AbortController();
  private readonly asking = new Set<Promise<void>>();
  /** The log whose witnesses are known to be those configured. */
  private settled: number | undefined;

  constructor(
    private readonly store: LogStore,
    private readonly keys: LogKeys,
    private readonly states: WitnessStates,
    private readonly publication: Publication,
    private readonly disputes: Disputes,
    private readonly clock: Clock,
    @InjectConfig(auditConfig) config: ConfigOf<typeof auditConfig>,
  ) {
    this.witnesses = new Map(config.witnesses.map((witness) => [witness.key.name, witness]));
  }

  /** Asks the witnesses that have not cosigned the newest checkpoint, and publishes it when they had their time. */
  @Recurring({ name: 'audit.cosign', everyMs: 1_000 })
  async collect(): Promise<void> {
    if (this.isIdle) return;
    const log = await this.store.current();
    if (!isSigned(log)) return;
    const isFirst = this.settled !== log.number;
    if (isFirst) await this.settle(log.number);
    if (this.isIdle) return;
    const now = this.clock.now();
    const states = await this.states.of(log.number);
    // Also one that has cosigned it is asked at the start: it notices a restored database before more is signed.
    const due = states.filter(
      (state) => (isFirst || state.size < log.size) && isDue(state, now) && this.witnesses.has(state.witness),
    );
    if (due.length > 0 && !(await this.states.claim(due))) return;
    // Another process has asked, and publishes.
    if (due.length === 0 && states.some((state) => isBeingAsked(state, PATIENCE_MS, now))) return;
    await this.patiently(due.map((state) => this.ask(log, state)));
    const published = await this.publication.of(log.number);
    if (published && published.size < log.size) await this.publication.publish(log);
  }

  /** Waits for whoever is being asked, in vain. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.asking);
  }

  /** No witness is configured, and that has been put into effect. */
  private get isIdle(): boolean {
    return this.witnesses.size === 0 && this.settled !== undefined;
  }

  private async settle(logNumber: number): Promise<void> {
    await this.states.settle(logNumber, [...this.witnesses.keys()]);
    await (this.witnesses.size > 0 ? this.publication.begin(logNumber) : this.publication.end());
    this.settled = logNumber;
  }

  private async patiently(asked: readonly Promise<void>[]): Promise<void> {
    const enough = new AbortController();
    const late = delay(PATIENCE_MS, undefined, { signal: enough.signal, ref: false }).catch(() => undefined);
    await Promise.race([Promise.all(asked), late]);
    enough.abort();
  }

  /** Never fails; what goes wrong is in the log and in the state of the witness. */
  private ask(log: Signed, state: AuditWitness): Promise<void> {
    const asked = this.outcome(log, state)
      .then((outcome) => this.remember(log, state, outcome))
      .catch((error: unknown) => {
        this.logger.error({ err: error, witness: state.witness }, 'a witness could not be asked');
      })
      .finally(() => this.asking.delete(asked));
    this.asking.add(asked);
    return asked;
  }

  private async outcome(log: Signed, { witness, size }: AuditWitness): Promise<Cosigning> {
    const configured = this.witnesses.get(witness);
    if (!configured) return { kind: 'failed', reason: 'it is not configured' };
    // Not AbortSignal.any(): on Node 20 what it makes can be collected as garbage, and then it never aborts anything.
    const asking = new AbortController();
    const giveUp = () => asking.abort();
    const late = setTimeout(giveUp, TIMEOUT_MS);
    this.stopping.signal.addEventListener('abort', giveUp);
    try {
      return await cosign(configured, this.witnessed(log), size, asking.signal);
    } finally {
      clearTimeout(late);
      this.stopping.signal.removeEventListener('abort', giveUp);
    }
  }

  private async remember(log: Signed, state: AuditWitness, outcome: Cosigning): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const { witness, failures } = state;
    if (outcome.kind === 'cosigned') {
      await this.states.cosigned(state, log.size, outcome.line);
      if (failures > 0) this.logger.log({ witness, failures }, 'a witness cosigns again');
      return;
    }
    if (outcome.kind === 'disputed' && (await this.disputes.raise(log, state, outcome))) return;
    await this.states.failed(state);
    if (failures > 0) return;
    const reason = outcome.kind === 'failed' ? outcome.reason : 'it has seen a newer checkpoint meanwhile';
    this.logger.warn({ witness, reason }, 'a witness gives no cosignature');
  }

  private witnessed({ number, origin, size, checkpoint }: Signed): WitnessedLog {
    const read = this.store.reader(number, size);
    return {
      signed: checkpoint,
      checkpoint: parseCheckpoint(parseNote(checkpoint).text),
      logKeys: this.keys.verifiers(origin),
      consistencyProof: (oldSize) => consistencyProof(oldSize, size, read),
      rootAt: (at) => treeRoot(at, read),
    };
  }
}

const isSigned = (log: AuditLog | undefined): log is Signed => log !== undefined && log.checkpoint !== null;
