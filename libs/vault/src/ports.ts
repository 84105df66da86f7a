/** Decides whether personal data may be read for a purpose. Implemented by the privacy room. */
export abstract class RevealPolicy {
  /** Throws when `purpose` is unknown, or does not cover one of these people. */
  abstract check(purpose: string, subjects: readonly string[]): Promise<void>;
}

/** A read of personal data by somebody other than its subject. */
export interface Reveal {
  readonly purpose: string;
  readonly subjects: readonly string[];
  /** Annotation ids, such as `users.email`. */
  readonly fields: readonly string[];
}

/** Puts reveals on the record. Implemented by the audit room. */
export abstract class RevealRecorder {
  /** Commits the record of a reveal; plaintext is handed out only after it resolved. */
  abstract recordReveal(reveal: Reveal): Promise<void>;
}
