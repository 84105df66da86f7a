/**
 * A room's part in erasing a person: it ends what the person could still do and removes what is of no
 * use any more. Extend it, provide it in any module, and it is found.
 */
export abstract class ErasureParticipant {
  /** The room, for logs. */
  abstract readonly name: string;

  /**
   * Runs inside the erasing unit, possibly more than once for the same person: on a retry, and when an
   * erasure is repeated. Throwing a problem refuses the erasure as a whole.
   */
  abstract erase(subject: string): Promise<void>;
}
