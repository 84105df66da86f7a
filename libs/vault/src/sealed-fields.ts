import type { Sealed } from '#kernel';

/** The names of an entity's sealed properties. */
export type SealedField<E> = {
  [P in keyof E]-?: [Extract<E[P], Sealed<unknown>>] extends [never] ? never : P;
}[keyof E] &
  string;

type Plain<V> = V extends Sealed<infer T> ? T : V;

/** The sealed properties of an entity with the types of their plaintexts. */
export type RevealedFields<E> = { [P in SealedField<E>]: Plain<E[P]> };

/** What a reveal gives for one row; null where nothing was stored or the person has been erased. */
export type Revealed<E, F extends SealedField<E>> = { [P in F]: RevealedFields<E>[P] | null };
