import { registerDecorator, type ValidationArguments } from 'class-validator';
import { COMMON_PASSWORDS } from './common-passwords.js';

/**
 * What NIST SP 800-63B-4 asks of a password beside a second factor. Where the password stands alone it asks for 15: an
 * installation that will not offer second factors should raise this.
 */
export const PASSWORD_MIN_LENGTH = 8;
export const PASSWORD_MAX_LENGTH = 256;

/**
 * What is wrong with a password that someone chooses, or undefined. Follows NIST SP 800-63B-4 section 3.1.1.2:
 * a minimum length, no rules about which characters it mixes, and a comparison with what attackers try first:
 * common passwords and the person's own address.
 */
export function weaknessOf(password: string, email?: string): string | undefined {
  // NIST counts code points, not what JavaScript's length counts.
  const { length } = Array.from(password);
  if (length < PASSWORD_MIN_LENGTH) return `must have at least ${PASSWORD_MIN_LENGTH} characters`;
  if (length > PASSWORD_MAX_LENGTH) return `must have at most ${PASSWORD_MAX_LENGTH} characters`;
  const plain = password.normalize('NFKC').toLowerCase();
  if (COMMON_PASSWORDS.has(plain) || /^(.)\1*$/u.test(plain) || isRun(plain))
    return 'is one of the passwords that are tried first';
  const address = email?.trim().normalize('NFKC').toLowerCase();
  if (address !== undefined && (plain === address || plain === address.split('@')[0]))
    return 'must not be the e-mail address';
  return undefined;
}

/** `12345678`, `hgfedcba`: each character follows the one before it. */
function isRun(text: string): boolean {
  const steps = new Set<number>();
  for (let index = 1; index < text.length; index += 1)
    steps.add(text.charCodeAt(index) - text.charCodeAt(index - 1));
  return steps.size === 1 && (steps.has(1) || steps.has(-1));
}

/** A password that someone chooses; a field `email` of the same request is taken into account. */
export function IsStrongPassword(): PropertyDecorator {
  return (target, property) => {
    const weakness = (value: unknown, { object }: ValidationArguments) => {
      const { email } = object as { email?: unknown };
      if (typeof value !== 'string') return 'must be a string';
      return weaknessOf(value, typeof email === 'string' ? email : undefined);
    };
    registerDecorator({
      name: 'isStrongPassword',
      target: target.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown, args?: ValidationArguments) =>
          !args || weakness(value, args) === undefined,
        defaultMessage: (args?: ValidationArguments) =>
          (args && weakness(args.value, args)) ?? 'is not acceptable',
      },
    });
  };
}
