import { Injectable, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { isIdempotent } from '../idempotency/idempotent.decorator.js';
import { accessRuleOf, type AccessRule } from './access/access.js';
import { purposeOf } from './purpose.js';

const API_OPERATION = 'swagger/apiOperation';

type Handler = (...args: never[]) => unknown;

/** What a route's decorators say, read once at boot. */
export interface Route {
  readonly controller: Type;
  readonly handler: Handler;
  readonly method: string;
  readonly path: string;
  /** The operation id of the API document, else `Controller.method`. */
  readonly operation: string;
  readonly access: AccessRule | undefined;
  readonly isIdempotent: boolean;
  readonly purpose: string | undefined;
}

/** Every route of every controller in the running application. */
@Injectable()
export class Routes {
  private routes: readonly Route[] | undefined;
  private readonly index = new Map<unknown, Map<unknown, Route>>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  all(): readonly Route[] {
    this.routes ??= this.scan();
    return this.routes;
  }

  find(controller: unknown, handler: unknown): Route | undefined {
    this.all();
    return this.index.get(controller)?.get(handler);
  }

  private scan(): Route[] {
    const controllers = new Set(
      this.discovery.getControllers().map(({ metatype }) => metatype as Type | null),
    );
    const routes = [...controllers].flatMap((controller) => (controller ? this.routesOf(controller) : []));
    for (const route of routes) {
      const ofController = this.index.get(route.controller) ?? new Map<unknown, Route>();
      this.index.set(route.controller, ofController.set(route.handler, route));
    }
    return routes;
  }

  private routesOf(controller: Type): Route[] {
    const prototype = controller.prototype as Record<string, Handler>;
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name];
      const path = handler && (Reflect.getMetadata(PATH_METADATA, handler) as string | string[] | undefined);
      if (handler === undefined || path === undefined) return [];
      const described = Reflect.getMetadata(API_OPERATION, handler) as { operationId?: string } | undefined;
      const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod;
      return [
        {
          controller,
          handler,
          method: RequestMethod[method] ?? 'ALL',
          path: join(Reflect.getMetadata(PATH_METADATA, controller) as string | string[] | undefined, path),
          operation: described?.operationId || `${controller.name}.${name}`,
          access: accessRuleOf(controller, handler),
          isIdempotent: isIdempotent(handler),
          purpose: purposeOf(controller, handler),
        },
      ];
    });
  }
}

function join(...parts: (string | string[] | undefined)[]): string {
  const words = parts.flatMap((part) => (Array.isArray(part) ? (part[0] ?? '') : (part ?? '')).split('/'));
  return `/${words.filter(Boolean).join('/')}`;
}
