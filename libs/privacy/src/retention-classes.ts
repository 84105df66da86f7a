import { ANONYMOUS_ADDRESS_DAYS } from '#audit';
import type { RetentionClass } from '#kernel';

const texts: Readonly<Record<RetentionClass, string>> = {
  account: 'Until the account is erased',
  accounting: 'Until the term that tax and accounting law sets has ended (GDPR Article 17(3)(b))',
  security:
    'Until the account is erased, to detect and trace misuse (GDPR Article 6(1)(f)); ' +
    `of people who were not logged in, for ${ANONYMOUS_ADDRESS_DAYS} days`,
};

/** How long data of a class is kept, in words for the person and for the register. */
export const retentionText = (retention: RetentionClass): string => texts[retention];
