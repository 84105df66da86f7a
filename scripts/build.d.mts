/** Compiles when needed; throws when the compiler finds errors. */
export function buildIfStale(): void;
