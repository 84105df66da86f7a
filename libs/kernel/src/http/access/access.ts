import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../context/principal.js';
import { kernelErrors } from '../../errors/kernel.errors.js';

/** Who may call a route. */
export type AccessRule =
  | { readonly kind: 'public' }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'permission'; readonly permission: string };

const ACCESS = 'steward.access';

const access = (rule: AccessRule) => applyDecorators(SetMetadata(ACCESS, rule));

/** Anybody may call the route; no credential is looked at. */
export const Public = () => access({ kind: 'public' });

/** Any logged-in principal may call the route: for what everybody may do with what is their own. */
export const Authenticated = () => access({ kind: 'authenticated' });

/** Principals with this permission may call the route. The permission must be declared with `definePermissions`. */
export const RequirePermission = (permission: string) => access({ kind: 'permission', permission });

/** What a route declares, else what its controller declares; undefined when neither does. */
export function accessRuleOf(controller: object, handler: object): AccessRule | undefined {
  return (Reflect.getMetadata(ACCESS, handler) ?? Reflect.getMetadata(ACCESS, controller)) as
    AccessRule | undefined;
}

/** Hands the logged-in principal to a route's method. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal => {
    const principal = context.switchToHttp().getRequest<FastifyRequest>().edge?.state.principal;
    if (!principal) throw kernelErrors.problem('kernel.unauthenticated');
    return principal;
  },
);
