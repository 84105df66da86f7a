import { Injectable } from '@nestjs/common';
import { RevealPolicy } from '#vault';
import { privacyErrors } from '../privacy.errors.js';
import { PurposeCatalogue } from './purpose-catalogue.js';

/** Personal data is read for a declared purpose or not at all (GDPR Article 5(1)(b)). */
@Injectable()
export class PurposePolicy extends RevealPolicy {
  constructor(private readonly purposes: PurposeCatalogue) {
    super();
  }

  async check(purpose: string): Promise<void> {
    if (this.purposes.find(purpose)) return;
    throw privacyErrors.problem('privacy.purpose_unknown', {
      cause: new Error(`No room declares the purpose "${purpose}" in its feature().`),
    });
  }
}
