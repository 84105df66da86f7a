import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ApiGroup, Authenticated, CurrentPrincipal, Problems, type Principal } from '#kernel';
import { UpdateMyProfileRequest } from './dto/user.dto.js';
import { ProfileResponse } from './dto/user.response.js';
import { UsersService } from './users.service.js';

@ApiGroup('Profile', 'Your own account.')
@Authenticated()
@Controller('v1/users/me')
export class ProfileController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @ApiOperation({ operationId: 'getMyProfile', summary: 'Read my profile' })
  @ApiOkResponse({ type: ProfileResponse })
  @Problems('users.not_found')
  getMyProfile(@CurrentPrincipal() principal: Principal): Promise<ProfileResponse> {
    return this.read(principal);
  }

  @Patch()
  @ApiOperation({ operationId: 'updateMyProfile', summary: 'Change my name' })
  @ApiOkResponse({ type: ProfileResponse })
  @Problems('users.not_found', 'users.version_conflict')
  async updateMyProfile(
    @CurrentPrincipal() principal: Principal,
    @Body() { name, version }: UpdateMyProfileRequest,
  ): Promise<ProfileResponse> {
    await this.users.rename(principal.id, name, version);
    return this.read(principal);
  }

  private async read(principal: Principal): Promise<ProfileResponse> {
    const { id, email, name, version, createdAt, updatedAt } = await this.users.getProfile(principal.id);
    return {
      id,
      email,
      name,
      permissions: [...principal.permissions],
      version,
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
    };
  }
}
