import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { feature } from '#kernel';
import { RevealPolicy } from '#vault';
import { SubjectErasure } from './erasure/subject-erasure.js';
import { SubjectExport } from './export/subject-export.js';
import { MyDataController } from './my-data.controller.js';
import { PrivacyRegisterController } from './privacy-register.controller.js';
import { privacyErrors } from './privacy.errors.js';
import { SubjectErased } from './privacy.events.js';
import { privacyPermissions } from './privacy.permissions.js';
import { privacyPurposes } from './privacy.purposes.js';
import { PurposeCatalogue } from './purposes/purpose-catalogue.js';
import { PurposePolicy } from './purposes/purpose-policy.js';
import { ProcessingRegister } from './register/processing-register.js';

/** What people and data protection officers can ask: export, erasure, purposes, the register of processing. */
@Global()
@Module({
  imports: [
    DiscoveryModule,
    feature({
      name: 'privacy',
      errors: privacyErrors,
      permissions: privacyPermissions,
      purposes: privacyPurposes,
      events: [SubjectErased],
    }),
  ],
  controllers: [MyDataController, PrivacyRegisterController],
  providers: [
    PurposeCatalogue,
    PurposePolicy,
    { provide: RevealPolicy, useExisting: PurposePolicy },
    SubjectExport,
    SubjectErasure,
    ProcessingRegister,
  ],
  exports: [RevealPolicy, SubjectErasure, SubjectExport],
})
export class PrivacyModule {}
