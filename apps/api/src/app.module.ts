import { type DynamicModule, Module } from '@nestjs/common';
import { KernelModule, type KernelOptions } from '#kernel';
import { LedgerModule } from '#ledger';

/** All rooms together. The API, the worker and the command line run the same modules; your own go into this list. */
@Module({})
export class AppModule {
  static forRoot(options: KernelOptions = {}): DynamicModule {
    return {
      module: AppModule,
      imports: [KernelModule.forRoot(options), LedgerModule],
    };
  }
}
