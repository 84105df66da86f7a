import { Injectable, type OnModuleInit } from '@nestjs/common';
import { features } from '../../features/registry.js';
import { Routes, type Route } from '../routes.js';
import { PermissionRegistry } from './permissions.js';

const isDeclared = (purpose: string): boolean =>
  features().some(({ purposes = {} }) => Object.hasOwn(purposes, purpose));

/** Stops the boot when a route leaves open who may call it, or names a purpose that nobody has declared. */
@Injectable()
export class AccessCheck implements OnModuleInit {
  constructor(
    private readonly routes: Routes,
    private readonly permissions: PermissionRegistry,
  ) {}

  onModuleInit(): void {
    const mistakes = this.routes.all().flatMap((route) => this.mistakesOf(route));
    if (mistakes.length === 0) return;
    throw new Error(
      `The routes do not say clearly who may call them and for what:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
    );
  }

  private mistakesOf(route: Route): string[] {
    const name = `${route.method} ${route.path} (${route.controller.name}.${route.handler.name})`;
    if (!route.access) {
      return [`${name} declares no access: add @Public(), @Authenticated() or @RequirePermission(…)`];
    }
    if (route.access.kind === 'permission' && !this.permissions.has(route.access.permission)) {
      return [`${name} asks for "${route.access.permission}", which no room declares with definePermissions`];
    }
    if (route.isIdempotent && route.access.kind === 'public') {
      return [`${name} is @Idempotent() and @Public(): idempotency keys belong to a principal`];
    }
    if (route.purpose !== undefined && !isDeclared(route.purpose)) {
      return [`${name} is for the purpose "${route.purpose}", which no room declares`];
    }
    return [];
  }
}
