import { Injectable } from '@nestjs/common';

/** What the sequencer has just done with a batch. A crash may come after each; tests make it come. */
export const SEQUENCER_STEPS = [
  'lease_taken',
  'log_opened',
  'entries_read',
  'payloads_hashed',
  'checkpoint_signed',
  'batch_filled',
  'batch_committed',
] as const;

/** Beside those, the batch behind a full one may have been read while that one is written. */
export type SequencerStep = (typeof SEQUENCER_STEPS)[number] | 'next_batch_read';

/** Is told of every step. */
@Injectable()
export class SequencerSteps {
  reached(_step: SequencerStep): void | Promise<void> {}
}
