import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { RequestContext } from '../context/request-context.js';

const PURPOSE = 'steward.purpose';

/** Puts the purpose of a route on the record: into each entry of the request that names none of its own. */
@Injectable()
export class PurposeInterceptor implements NestInterceptor {
  constructor(private readonly context: RequestContext) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const state = this.context.get();
    const purpose = purposeOf(execution.getClass(), execution.getHandler());
    if (state && purpose !== undefined) state.purpose = purpose;
    return next.handle();
  }
}

/**
 * What a route, or all of a controller's, handles personal data for (GDPR Article 5(1)(b)): a purpose that a room
 * declares. Entries of such requests say so.
 */
export const ForPurpose = (purpose: string) =>
  applyDecorators(SetMetadata(PURPOSE, purpose), UseInterceptors(PurposeInterceptor));

/** What a route declares, else what its controller declares. */
export const purposeOf = (controller: object, handler: object): string | undefined =>
  (Reflect.getMetadata(PURPOSE, handler) ?? Reflect.getMetadata(PURPOSE, controller)) as string | undefined;
