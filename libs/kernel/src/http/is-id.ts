import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isId } from '../ids/ids.js';

/** Checks that a DTO's field is an id with this prefix, such as `pay_01h…`. */
export const IsId = (prefix: string, options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isId',
      constraints: [prefix],
      validator: {
        validate: (value: unknown) => isId(value, prefix),
        defaultMessage: () => `$property must be an id that begins with "${prefix}_"`,
      },
    },
    options,
  );
