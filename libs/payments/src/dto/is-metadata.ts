import { ValidateBy, type ValidationOptions } from 'class-validator';

export const metadataLimits = { entries: 20, valueLength: 500 } as const;

const key = /^[A-Za-z0-9_.-]{1,40}$/;

/** Whether `value` is a flat map of short strings. */
export function isMetadata(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= metadataLimits.entries && entries.every(isEntry);
}

const isEntry = ([name, text]: [string, unknown]) =>
  key.test(name) && typeof text === 'string' && text.length <= metadataLimits.valueLength;

/** Checks a DTO's field with {@link isMetadata}. */
export const IsMetadata = (options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isMetadata',
      validator: {
        validate: isMetadata,
        defaultMessage: () =>
          '$property must map at most 20 keys (1 to 40 letters, digits, ".", "_" or "-") to strings of at most 500 characters',
      },
    },
    options,
  );
