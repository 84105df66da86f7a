import { Injectable } from '@nestjs/common';

/** What the sequencer has just done. A crash may come after each; tests make it come. */
export const SEQUENCER_STEPS = [
  'lease_taken',
  'log_opened',
  'entries_read',
  'payloads_hashed',
  'checkpoint_signed',
  'batch_filled',
  'batch_committed',
] as const;

export type SequencerStep = (typeof SEQUENCER_STEPS)[number];

/** Is told of every step. */
@Injectable()
export class SequencerSteps {
  reached(_step: SequencerStep): void | Promise<void> {}
}
