/** How the sandbox answers one operation: at once, only after asking the customer, or not at all. */
export interface SandboxAnswer {
  readonly answer: 'reply' | 'ask' | 'silence';
  /** What the gateway did, whether or not it told us: declines carry the failure code. */
  readonly truth: 'approve' | { readonly decline: string };
}

export interface TestMethod {
  readonly authorise: SandboxAnswer;
  readonly capture: SandboxAnswer;
  readonly refund: SandboxAnswer;
}

const approves: SandboxAnswer = { answer: 'reply', truth: 'approve' };
const timesOut: SandboxAnswer = { answer: 'silence', truth: 'approve' };
const declines = (code: string): SandboxAnswer => ({ answer: 'reply', truth: { decline: code } });
const timesOutAndDeclines = (code: string): SandboxAnswer => ({
  answer: 'silence',
  truth: { decline: code },
});
const succeeds: TestMethod = { authorise: approves, capture: approves, refund: approves };

/** The sandbox's test payment methods; docs/payments.md lists them for readers. */
export const testMethods = {
  pm_card_success: succeeds,
  pm_card_declined: { ...succeeds, authorise: declines('card_declined') },
  pm_card_insufficient_funds: { ...succeeds, authorise: declines('insufficient_funds') },
  pm_card_needs_action: { ...succeeds, authorise: { answer: 'ask', truth: 'approve' } },
  pm_card_timeout: { ...succeeds, authorise: timesOut },
  pm_card_timeout_failed: { ...succeeds, authorise: timesOutAndDeclines('card_declined') },
  pm_card_capture_declined: { ...succeeds, capture: declines('authorisation_expired') },
  pm_card_capture_timeout: { ...succeeds, capture: timesOut },
  pm_card_refund_declined: { ...succeeds, refund: declines('refund_declined') },
  pm_card_refund_timeout: { ...succeeds, refund: timesOut },
  pm_card_refund_timeout_failed: { ...succeeds, refund: timesOutAndDeclines('refund_declined') },
} satisfies Record<string, TestMethod>;

const unknownMethod: TestMethod = { ...succeeds, authorise: declines('unknown_payment_method') };

/** The behaviour of a payment method; methods that the list does not name are declined. */
export function testMethod(paymentMethod: string): TestMethod {
  return Object.hasOwn(testMethods, paymentMethod)
    ? testMethods[paymentMethod as keyof typeof testMethods]
    : unknownMethod;
}
