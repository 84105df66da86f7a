/** The entry of a run that dropped payloads. It is kept, whatever the rules say: it tells which payloads may be missing. */
export const EXPIRY = 'audit.expire_payloads';

/** For how long the payloads of entries with matching actions are kept. */
export interface RetentionRule {
  /** `*`, `payment.*` or `payment.capture`. */
  readonly pattern: string;
  readonly days: number;
}

const RULE = /^(\*|[a-z][a-z0-9_.-]*\.\*|[a-z][a-z0-9_.-]*)=(\d+)$/;
const MAX_DAYS = 36_500;

/** Reads rules such as `session.*=400,request.refuse=90,*=3650`. Throws an Error that says what is wrong with which. */
export function parseRules(text: string): RetentionRule[] {
  const mistakes: string[] = [];
  const rules = new Map<string, RetentionRule>();
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const [, pattern = '', digits = ''] = RULE.exec(part) ?? [];
    const days = Number(digits);
    if (pattern === '' || days < 1 || days > MAX_DAYS)
      mistakes.push(`"${part}" is no rule such as payment.*=3650, with 1 to ${MAX_DAYS} days`);
    else if (rules.has(pattern)) mistakes.push(`"${pattern}" has two rules`);
    else rules.set(pattern, { pattern, days });
  }
  if (mistakes.length > 0) throw new Error(mistakes.join('; '));
  return [...rules.values()];
}

/**
 * The operator's rules and the terms that the law sets. Of several rules the narrowest holds; a law's term holds in any
 * case. Without a rule a payload is kept for ever.
 */
export class RetentionPolicy {
  /** Throws when rules are shorter than the law's term for everything that they cover: one of the two is a mistake. */
  constructor(
    private readonly rules: readonly RetentionRule[],
    private readonly law: readonly RetentionRule[],
  ) {
    const mistakes = rules.flatMap(({ pattern, days }) => {
      const term = narrowest(law, pattern);
      return term && term.days > days
        ? `${pattern}=${days} is shorter than ${term.pattern}=${term.days} in AUDIT_RETENTION_LAW`
        : [];
    });
    if (mistakes.length > 0) throw new Error(`AUDIT_RETENTION: ${mistakes.join('; ')}`);
  }

  /** Whether anything ever expires. */
  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  /** After how many days the payload of an entry with this action expires; undefined for never. */
  daysOf(action: string): number | undefined {
    const rule = action === EXPIRY ? undefined : narrowest(this.rules, action);
    return rule && Math.max(rule.days, narrowest(this.law, action)?.days ?? 0);
  }
}

/** Of those that cover an action, or everything that a pattern matches. */
function narrowest(rules: readonly RetentionRule[], action: string): RetentionRule | undefined {
  return rules
    .filter(({ pattern }) => covers(pattern, action))
    .toSorted((left, right) => breadth(left) - breadth(right))[0];
}

/** The longer a pattern the narrower it is, and one without a star is the narrowest. */
const breadth = ({ pattern }: RetentionRule): number => (pattern.endsWith('*') ? 1_000 - pattern.length : 0);

/** Whether a pattern matches an action, or everything that another pattern matches. */
const covers = (pattern: string, other: string): boolean =>
  pattern === other || (pattern.endsWith('*') && other.startsWith(pattern.slice(0, -1)));
