import type { DiscoveryService } from '@nestjs/core';

/** Facts by name, such as counts and ages. */
export type Facts = Readonly<Record<string, string | number | null>>;

export interface HealthDetailOptions {
  readonly name: string;
  /** For how long what was read is told again: anybody may ask, and asking must stay cheap. */
  readonly keepMs: number;
}

/** Something that a room tells of itself in readiness. */
export interface Detail extends HealthDetailOptions {
  read(): Promise<Facts>;
}

const declarations = new WeakMap<object, (HealthDetailOptions & { readonly method: string })[]>();

/** What the method resolves to becomes a detail of readiness. It never makes a process unready. */
export const HealthDetail =
  (options: HealthDetailOptions) =>
  <Read extends () => Promise<Facts>>(
    target: object,
    method: string | symbol,
    _descriptor: TypedPropertyDescriptor<Read>,
  ): void => {
    const own = declarations.get(target) ?? [];
    declarations.set(target, [...own, { ...options, method: String(method) }]);
  };

/** The details that the application's providers declare with {@link HealthDetail}. */
export function detailsIn(discovery: DiscoveryService): Detail[] {
  return discovery.getProviders().flatMap(({ instance }) => {
    if (typeof instance !== 'object' || instance === null) return [];
    const declared = declarations.get(Object.getPrototypeOf(instance) as object) ?? [];
    return declared.map(({ method, ...options }) => {
      const read = (instance as Record<string, () => Promise<Facts>>)[method];
      return { ...options, read: async () => (await read?.call(instance)) ?? {} };
    });
  });
}
