import { LogAnswers } from './log-answers.js';
import { LogHealth } from './log-health.js';
import { LogKeys } from './log-keys.js';
import { LogLeaves } from './log-leaves.js';
import { LogStore } from './log-store.js';
import { LogController } from './log.controller.js';
import { NumberedLogController } from './numbered-log.controller.js';
import { ProofController } from './proof.controller.js';
import { PublishedLog } from './published-log.js';
import { CheckpointMemory } from './restore/checkpoint-memory.js';
import { LogBeginning } from './restore/log-beginning.js';
import { LostEntriesCheck } from './restore/lost-entries.js';
import { NewLog } from './restore/new-log.js';
import { BatchWriter } from './sequencer/batch-writer.js';
import { LogLease } from './sequencer/lease.js';
import { Sequencer } from './sequencer/sequencer.js';
import { SequencerSteps } from './sequencer/steps.js';
import { WaitingEntries } from './sequencer/waiting-entries.js';
import { CollectCosignatures } from './witness/collect-cosignatures.js';
import { Disputes } from './witness/disputes.js';
import { Publication } from './witness/publication.js';
import { WitnessHealth } from './witness/witness-health.js';
import { WitnessStates } from './witness/witness-states.js';

/** What shows the transparency log. */
export const logControllers = [LogController, NumberedLogController, ProofController];

/** What makes it. */
export const logProviders = [
  BatchWriter,
  CheckpointMemory,
  CollectCosignatures,
  Disputes,
  LogAnswers,
  LogBeginning,
  LogHealth,
  LogKeys,
  LogLease,
  LogLeaves,
  LogStore,
  LostEntriesCheck,
  NewLog,
  Publication,
  PublishedLog,
  Sequencer,
  SequencerSteps,
  WaitingEntries,
  WitnessHealth,
  WitnessStates,
];
