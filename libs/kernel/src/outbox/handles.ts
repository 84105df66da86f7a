import type { DomainEvent, DomainEventType } from './domain-event.js';

export interface HandlerOptions {
  /** Stable name, `room.what_it_does`: deliveries are remembered under it. */
  readonly name: string;
  /**
   * True (default): the handler runs inside a unit of work together with the note of its delivery, so its effect
   * happens exactly once. False: for network effects such as mail; at least once.
   */
  readonly unit?: boolean;
}

export interface HandlerDeclaration {
  readonly event: DomainEventType;
  readonly options: HandlerOptions;
  readonly method: string;
}

const declarations = new WeakMap<object, HandlerDeclaration[]>();

/** Makes the method handle an event from the outbox; it gets the {@link DeliveredEvent}, and the compiler checks that it does. */
export const Handles =
  <Event extends DomainEvent>(event: DomainEventType<Event>, options: HandlerOptions) =>
  <Handler extends (event: DeliveredEvent<Event['payload']>) => Promise<unknown>>(
    target: object,
    method: string | symbol,
    _descriptor: TypedPropertyDescriptor<Handler>,
  ): void => {
    const own = declarations.get(target) ?? [];
    declarations.set(target, [...own, { event, options, method: String(method) }]);
  };

/** The handlers that a provider's class declares. */
export const handlersOf = (prototype: object): readonly HandlerDeclaration[] =>
  declarations.get(prototype) ?? [];

/** An event as it reaches a handler. */
export interface DeliveredEvent<Payload extends object = object> {
  readonly id: string;
  readonly type: string;
  readonly payload: Payload;
  readonly occurredAt: Date;
}
