import { newId } from '../ids/ids.js';

/** Something that happened, told in the past tense. Its payload holds ids and plain facts, never personal data in clear. */
export abstract class DomainEvent<Payload extends object = object> {
  readonly id = newId('evt');

  constructor(readonly payload: Payload) {}

  get type(): string {
    return (this.constructor as DomainEventType).type;
  }
}

/** The class of an event; `type` is `room.what_happened` and never changes. */
export interface DomainEventType<Event extends DomainEvent = DomainEvent> {
  readonly type: string;
  new (payload: never): Event;
}
