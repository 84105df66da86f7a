import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { features } from '../features/registry.js';
import { handlersOf, type DeliveredEvent } from './handles.js';

export interface RegisteredHandler {
  readonly name: string;
  readonly unit: boolean;
  handle(event: DeliveredEvent): Promise<unknown>;
}

/** The handlers that the application's providers declare with `@Handles`. */
@Injectable()
export class HandlerRegistry {
  private byType: Map<string, RegisteredHandler[]> | undefined;

  constructor(private readonly discovery: DiscoveryService) {}

  /** The types of event that this version of the application has heard of: declared by a room, or handled. */
  get knownTypes(): readonly string[] {
    this.byType ??= this.discover();
    const declared = features().flatMap(({ events = [] }) => events.map(({ type }) => type));
    return [...new Set([...declared, ...this.byType.keys()])].sort();
  }

  /** Declared in this version, and handled by nobody. */
  isUnheard(type: string): boolean {
    const isDeclared = () =>
      features().some(({ events = [] }) => events.some((event) => event.type === type));
    return this.handlersOf(type).length === 0 && isDeclared();
  }

  handlersOf(type: string): readonly RegisteredHandler[] {
    this.byType ??= this.discover();
    return this.byType.get(type) ?? [];
  }

  private discover(): Map<string, RegisteredHandler[]> {
    const found = new Map<string, RegisteredHandler[]>();
    const names = new Set<string>();
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance !== 'object' || instance === null) continue;
      for (const { event, options, method } of handlersOf(Object.getPrototypeOf(instance) as object)) {
        if (names.has(options.name)) throw new Error(`Two event handlers are named ${options.name}`);
        names.add(options.name);
        const call = (instance as Record<string, (event: DeliveredEvent) => Promise<unknown>>)[method];
        const handler = {
          name: options.name,
          unit: options.unit ?? true,
          handle: async (delivered: DeliveredEvent) => call?.call(instance, delivered),
        };
        found.set(event.type, [...(found.get(event.type) ?? []), handler]);
      }
    }
    return found;
  }
}
