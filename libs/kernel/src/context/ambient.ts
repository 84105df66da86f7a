import { AsyncLocalStorage } from 'node:async_hooks';

interface Binding {
  readonly of: object;
  readonly value: unknown;
  readonly outer: Binding | undefined;
}

// One for all, since on Node 20 each storage is carried over to every single promise.
const storage = new AsyncLocalStorage<Binding | undefined>();

/** Runs `work` without any such value: what it starts outlives the request that happens to start it. */
export const detached = <R>(work: () => R): R => storage.run(undefined, work);

/** A value that belongs to the running code, and to all that it starts. */
export class Ambient<T> {
  get value(): T | undefined {
    let binding = storage.getStore();
    while (binding && binding.of !== this) binding = binding.outer;
    return binding?.value as T | undefined;
  }

  /** Runs `work` with `value`. */
  run<R>(value: T, work: () => R): R {
    return storage.run({ of: this, value, outer: storage.getStore() }, work);
  }
}
