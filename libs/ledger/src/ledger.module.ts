import { feature } from '#kernel';
import { Module } from '@nestjs/common';
import { AdminLedgerController } from './admin-ledger.controller.js';
import { Account } from './entities/account.entity.js';
import { Transfer } from './entities/transfer.entity.js';
import { ledgerPermissions } from './ledger.permissions.js';
import { LedgerService } from './ledger.service.js';
import { CreateLedger1700000007000 } from './migrations/1700000007000-create-ledger.js';

/** Double-entry books. */
@Module({
  imports: [
    feature({
      name: 'ledger',
      entities: [Account, Transfer],
      migrations: [CreateLedger1700000007000],
      permissions: ledgerPermissions,
    }),
  ],
  controllers: [AdminLedgerController],
  providers: [LedgerService],
  exports: [LedgerService],
})
export class LedgerModule {}
