import type { RetentionClass } from '#kernel';

const texts: Readonly<Record<RetentionClass, string>> = {
  account: 'Until the account is erased',
  accounting: 'Until the term that tax and accounting law sets has ended (GDPR Article 17(3)(b))',
  security:
    'For a limited time, and no longer than the account, to detect and trace misuse (GDPR Article 6(1)(f))',
};

/** How long data of a class is kept, in words for the person and for the register. */
export const retentionText = (retention: RetentionClass): string => texts[retention];
