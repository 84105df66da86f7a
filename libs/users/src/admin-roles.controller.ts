import { Body, Controller, Delete, Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, Problems, RequirePermission } from '#kernel';
import { DeclaredPermissions } from './declared-permissions.js';
import { RoleKey } from './dto/role-key.js';
import { CreateRoleRequest, UpdateRoleRequest } from './dto/role.dto.js';
import { PermissionListResponse, RoleListResponse, RoleResponse } from './dto/role.response.js';
import { RolesService } from './roles.service.js';

@ApiGroup(
  'Administration: roles',
  'Roles bundle permissions. A change holds from the next request of everyone who has the role.',
)
@Controller('v1/admin')
export class AdminRolesController {
  constructor(
    private readonly roles: RolesService,
    private readonly permissions: DeclaredPermissions,
  ) {}

  @Get('permissions')
  @RequirePermission('users.read_roles')
  @ApiOperation({
    operationId: 'listPermissions',
    summary: 'List every permission that the installed modules declare',
  })
  @ApiOkResponse({ type: PermissionListResponse })
  listPermissions(): PermissionListResponse {
    return { items: [...this.permissions.entries].map(([key, description]) => ({ key, description })) };
  }

  @Get('roles')
  @RequirePermission('users.read_roles')
  @ApiOperation({ operationId: 'listRoles', summary: 'List all roles' })
  @ApiOkResponse({ type: RoleListResponse })
  async listRoles(): Promise<RoleListResponse> {
    return { items: (await this.roles.list()).map((role) => RoleResponse.of(role)) };
  }

  @Get('roles/:key')
  @RequirePermission('users.read_roles')
  @ApiOperation({ operationId: 'getRole', summary: 'View one role' })
  @ApiOkResponse({ type: RoleResponse })
  @Problems('users.role_not_found')
  async getRole(@RoleKey() key: string): Promise<RoleResponse> {
    return RoleResponse.of(await this.roles.get(key));
  }

  @Post('roles')
  @RequirePermission('users.manage_roles')
  @ApiOperation({ operationId: 'createRole', summary: 'Create a role' })
  @ApiCreatedResponse({ type: RoleResponse })
  @Problems('users.role_exists', 'users.permission_unknown', 'users.permission_not_held')
  async createRole(@Body() body: CreateRoleRequest): Promise<RoleResponse> {
    return RoleResponse.of(await this.roles.create(body));
  }

  @Put('roles/:key')
  @RequirePermission('users.manage_roles')
  @ApiOperation({
    operationId: 'updateRole',
    summary: 'Change a role',
    description: 'Holds from the next request of everyone who has the role.',
  })
  @ApiOkResponse({ type: RoleResponse })
  @Problems(
    'users.role_not_found',
    'users.role_built_in',
    'users.version_conflict',
    'users.permission_unknown',
    'users.permission_not_held',
  )
  async updateRole(@RoleKey() key: string, @Body() body: UpdateRoleRequest): Promise<RoleResponse> {
    return RoleResponse.of(await this.roles.update(key, body));
  }

  @Delete('roles/:key')
  @HttpCode(204)
  @RequirePermission('users.manage_roles')
  @ApiOperation({ operationId: 'deleteRole', summary: 'Delete a role that nobody holds' })
  @ApiNoContentResponse({ description: 'The role is gone.' })
  @Problems('users.role_not_found', 'users.role_built_in', 'users.role_in_use')
  deleteRole(@RoleKey() key: string): Promise<void> {
    return this.roles.delete(key);
  }
}
