import { Injectable } from '@nestjs/common';
import { ValueSealer } from '#kernel';
import { Vault } from './vault.service.js';

/** Lends the vault to the kernel, which may not know it. */
@Injectable()
export class VaultValueSealer extends ValueSealer {
  constructor(private readonly vault: Vault) {
    super();
  }

  prepare(subject: string, retention: string): Promise<void> {
    return this.vault.prepare([subject], retention);
  }

  seal(row: object, values: Record<string, unknown>): void {
    this.vault.seal(row, values);
  }

  async reveal(row: object, fields: string[], purpose: string): Promise<Record<string, unknown>> {
    const [revealed] = await this.vault.reveal<Record<string, never>, never>(
      [row as never],
      fields as never[],
      purpose,
    );
    return revealed ?? {};
  }
}
