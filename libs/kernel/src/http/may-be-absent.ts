import { ValidateIf } from 'class-validator';

/**
 * Lets a DTO's field be left out. Unlike class-validator's `IsOptional` it does not let `null` pass unchecked, which
 * no code behind a field of type `T | undefined` expects.
 */
export const MayBeAbsent = (): PropertyDecorator =>
  ValidateIf((_dto: object, value: unknown) => value !== undefined);
