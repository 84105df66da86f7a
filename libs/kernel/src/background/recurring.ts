export interface RecurringOptions {
  /** `room.what_it_does`. */
  readonly name: string;
  readonly everyMs: number;
}

export interface RecurringDeclaration extends RecurringOptions {
  readonly method: string;
}

const declarations = new WeakMap<object, RecurringDeclaration[]>();

/**
 * Runs the method again and again where background work is on, never twice at once in one process; many processes may
 * run it, so it claims its work in the database. When it resolves to `true`, more work waits and it runs again at once.
 */
export const Recurring =
  (options: RecurringOptions): MethodDecorator =>
  (target, method) => {
    const own = declarations.get(target) ?? [];
    declarations.set(target, [...own, { ...options, method: String(method) }]);
  };

/** The recurring methods that a provider's class declares. */
export const recurringOf = (prototype: object): readonly RecurringDeclaration[] =>
  declarations.get(prototype) ?? [];
