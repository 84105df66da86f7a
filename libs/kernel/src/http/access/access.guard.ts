import { type CanActivate, type ExecutionContext, Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Migrator } from '../../database/migrator.js';
import { kernelErrors } from '../../errors/kernel.errors.js';
import { Authenticator, Ports } from '../../ports/ports.js';
import { operationsPaths } from '../operations-server.js';
import { Routes, type Route } from '../routes.js';

const OUTDATED = 'The database is not yet up to date with this version. Try again when it has been migrated.';

/** Deny by default: a route answers only as far as it declares who may call it. */
@Injectable()
export class AccessGuard implements CanActivate, OnModuleInit {
  private authenticator: Authenticator;

  constructor(
    private readonly ports: Ports,
    private readonly routes: Routes,
    private readonly migrator: Migrator,
  ) {}

  onModuleInit(): void {
    this.authenticator = this.ports.get(Authenticator);
  }

  // Without a promise of its own: it is in the way of every request.
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const route = this.routes.find(context.getClass(), context.getHandler());
    request.edge.state.operation = route?.operation;
    return this.migrator.isCurrent() === true || operationsPaths.includes(route?.path ?? '')
      ? this.decide(request, route)
      : this.decideWhenMigrated(request, route);
  }

  private async decideWhenMigrated(request: FastifyRequest, route: Route | undefined): Promise<boolean> {
    if (await this.migrator.isCurrent()) return this.decide(request, route);
    throw kernelErrors.problem('kernel.unavailable', { detail: OUTDATED });
  }

  private decide(request: FastifyRequest, route: Route | undefined): boolean | Promise<boolean> {
    return route?.access?.kind === 'public' || this.authorise(request, route);
  }

  private async authorise(request: FastifyRequest, route: Route | undefined): Promise<boolean> {
    const principal = await this.authenticator.authenticate(request);
    if (!principal) throw kernelErrors.problem('kernel.unauthenticated');
    request.edge.state.principal = principal;
    const access = route?.access;
    const isAllowed =
      access?.kind === 'authenticated' ||
      (access?.kind === 'permission' && principal.permissions.has(access.permission));
    if (!isAllowed) throw kernelErrors.problem('kernel.forbidden');
    return true;
  }
}
