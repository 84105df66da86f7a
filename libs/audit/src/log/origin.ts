/**
 * The logs of one installation are a family: the first has the family's name, and one that continues another after a
 * restore has a number behind it, from 2 on.
 */
export function originOf(family: string, logNumber: number): string {
  return logNumber === 1 ? family : `${family}/${logNumber}`;
}

/** The family that a log of this origin belongs to. */
export const familyOf = (origin: string): string => origin.replace(/\/\d+$/, '');

/** Which log of its family has this origin. */
export const numberOf = (origin: string): number => Number(/\/(\d+)$/.exec(origin)?.[1] ?? 1);
