import { Body, Controller, Delete, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, ForPurpose, IdParam, Problems, RequirePermission, type Page } from '#kernel';
import { ListUsersQuery, SetUserRolesRequest } from './dto/user.dto.js';
import { UserPage, UserResponse, UserRolesResponse } from './dto/user.response.js';
import { UserAdministration } from './user-administration.service.js';
import { administration } from './users.purposes.js';

const UserId = () => IdParam('usr', 'The id of the account.');

@ApiGroup(
  'Administration: users',
  'Find and manage accounts. Reading an account of somebody else is on the record.',
)
@ForPurpose(administration)
@Controller('v1/admin/users')
export class AdminUsersController {
  constructor(private readonly administration: UserAdministration) {}

  @Get()
  @RequirePermission('users.read')
  @ApiOperation({
    operationId: 'listUsers',
    summary: 'List accounts, newest first; the access is on the record',
  })
  @ApiOkResponse({ type: UserPage })
  listUsers(@Query() query: ListUsersQuery): Promise<Page<UserResponse>> {
    return this.administration.list(query);
  }

  @Get(':id')
  @RequirePermission('users.read')
  @ApiOperation({ operationId: 'getUser', summary: 'View one account; the access is on the record' })
  @ApiOkResponse({ type: UserResponse })
  @Problems('users.not_found')
  getUser(@UserId() id: string): Promise<UserResponse> {
    return this.administration.get(id);
  }

  @Post(':id/deactivation')
  @HttpCode(204)
  @RequirePermission('users.deactivate')
  @ApiOperation({
    operationId: 'deactivateUser',
    summary: 'Deactivate an account',
    description: 'From its next request on the account can do nothing, and its sessions end.',
  })
  @ApiNoContentResponse({ description: 'The account is inactive.' })
  @Problems('users.not_found', 'users.erased', 'users.last_administrator')
  deactivateUser(@UserId() id: string): Promise<void> {
    return this.administration.deactivate(id);
  }

  @Delete(':id/deactivation')
  @HttpCode(204)
  @RequirePermission('users.deactivate')
  @ApiOperation({ operationId: 'reactivateUser', summary: 'Reactivate a deactivated account' })
  @ApiNoContentResponse({ description: 'The account is active and can log in again.' })
  @Problems('users.not_found', 'users.erased')
  reactivateUser(@UserId() id: string): Promise<void> {
    return this.administration.reactivate(id);
  }

  @Put(':id/roles')
  @RequirePermission('users.assign_roles')
  @ApiOperation({
    operationId: 'setUserRoles',
    summary: 'Say which roles an account holds',
    description: 'Replaces all roles of the account. They hold from its next request.',
  })
  @ApiOkResponse({ type: UserRolesResponse })
  @Problems(
    'users.not_found',
    'users.erased',
    'users.role_unknown',
    'users.permission_not_held',
    'users.last_administrator',
  )
  async setUserRoles(@UserId() id: string, @Body() body: SetUserRolesRequest): Promise<UserRolesResponse> {
    await this.administration.setRoles(id, body.roles);
    return { roles: [...body.roles].sort() };
  }
}
