import { ApiGroup, RequirePermission, type Page } from '#kernel';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import {
  BalanceResponse,
  BalancesQuery,
  BalancesResponse,
  TransferPage,
  TransferResponse,
  TransfersQuery,
} from './dto/ledger.dto.js';
import { LedgerService } from './ledger.service.js';

@ApiGroup('Administration: ledger', 'Read the books.')
@RequirePermission('ledger.read')
@Controller('v1/admin/ledger')
export class AdminLedgerController {
  constructor(private readonly ledger: LedgerService) {}

  @Get('balances')
  @ApiOperation({ operationId: 'listBalances', summary: 'Sum up every account' })
  @ApiOkResponse({ type: BalancesResponse, description: 'In the order of the accounts.' })
  async listBalances(@Query() { account }: BalancesQuery): Promise<BalancesResponse> {
    const balances = await this.ledger.balances(account);
    return { items: balances.map((balance) => BalanceResponse.of(balance)) };
  }

  @Get('transfers')
  @ApiOperation({ operationId: 'listTransfers', summary: 'List transfers, newest first' })
  @ApiOkResponse({ type: TransferPage, description: 'One page.' })
  async listTransfers(@Query() query: TransfersQuery): Promise<Page<TransferResponse>> {
    const { items, nextCursor } = await this.ledger.transfersOf(query.referenceId, query);
    return { items: items.map((transfer) => TransferResponse.of(transfer)), nextCursor };
  }
}
