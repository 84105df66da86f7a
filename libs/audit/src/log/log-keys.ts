import { Injectable } from '@nestjs/common';
import { InjectConfig, OperatorError, type ConfigOf } from '#kernel';
import { Keyring } from '#vault';
import { auditConfig } from '../audit.config.js';
import { type NoteSigner, noteSigner, type NoteVerifier, noteVerifier } from './note/key.js';

/** The names of the logs, and the keys that sign their checkpoints. */
@Injectable()
export class LogKeys {
  private readonly known = new Map<string, readonly NoteSigner[]>();

  constructor(
    private readonly keyring: Keyring,
    @InjectConfig(auditConfig) private readonly config: ConfigOf<typeof auditConfig>,
  ) {
    if (keyring.logKeys().length === 0) {
      throw new OperatorError(
        'KEYRING: it has no logKeys, which sign the transparency log; add one that "steward keys:generate" prints',
      );
    }
  }

  /** The origin of the first log of a new database. One that has a log keeps its origin. */
  get firstOrigin(): string {
    return this.config.logOrigin ?? this.derivedOrigin();
  }

  /** Every log key under the name `origin`, the current one first: while keys are replaced, each signs. */
  signers(origin: string): readonly NoteSigner[] {
    const signers =
      this.known.get(origin) ??
      this.keyring.logKeys().map(({ privateKey }) => noteSigner(origin, privateKey));
    this.known.set(origin, signers);
    return signers;
  }

  /** What verifies the signatures of {@link signers}. */
  verifiers(origin: string): readonly NoteVerifier[] {
    return this.keyring.logKeys().map(({ publicKey }) => noteVerifier(origin, publicKey));
  }

  /** Unlike that of any other installation, for keys are. It is kept when keys are replaced, since a log keeps its origin. */
  private derivedOrigin(): string {
    const [signer] = this.signers('steward');
    return `steward-${signer?.id}/v1/log`;
  }
}
