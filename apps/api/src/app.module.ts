import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '#audit';
import { AuthModule } from '#auth';
import { KernelModule, type KernelOptions } from '#kernel';
import { LedgerModule } from '#ledger';
import { PaymentsModule } from '#payments';
import { PrivacyModule } from '#privacy';
import { UsersModule } from '#users';
import { VaultModule } from '#vault';

/** All rooms together. The API, the worker and the command line run the same modules; your own go into this list. */
@Module({})
export class AppModule {
  static forRoot(options: KernelOptions = {}): DynamicModule {
    return {
      module: AppModule,
      imports: [
        KernelModule.forRoot(options),
        VaultModule,
        AuditModule,
        PrivacyModule,
        UsersModule,
        AuthModule,
        LedgerModule,
        PaymentsModule,
      ],
    };
  }
}
