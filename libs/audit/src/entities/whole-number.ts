/** A whole number below 2^53 in a bigint column; drivers hand it out as text. */
export const wholeNumber = {
  to: (value: unknown) => value,
  from: (value: string | number | null) => (value === null ? null : Number(value)),
};
