import { Injectable } from '@nestjs/common';
import { features, type PurposeDefinition } from '#kernel';

/** Every purpose that a room declares for reading personal data. */
@Injectable()
export class PurposeCatalogue {
  private readonly purposes = new Map<string, PurposeDefinition>();

  constructor() {
    for (const { name, purposes } of features()) {
      for (const [purpose, definition] of Object.entries(purposes ?? {})) {
        if (this.purposes.has(purpose))
          throw new Error(`The room ${name} declares the purpose ${purpose} again.`);
        this.purposes.set(purpose, definition);
      }
    }
  }

  /** The purpose of this name, or undefined when no room declares it. */
  find(purpose: string): PurposeDefinition | undefined {
    return this.purposes.get(purpose);
  }
}
