/** As many people send the requests, each logged in once; a connection always speaks for the same one. */
export const PEOPLE = 16;

/**
 * The three measured requests, the same for both sides.
 * @param {string} paymentMethod a test payment method that succeeds at once
 */
export function scenariosFor(paymentMethod) {
  const payment = {
    amount: 1250,
    currency: 'EUR',
    paymentMethod,
    metadata: { order: 'A-1047', channel: 'web' },
  };
  return [
    {
      name: 'create a payment',
      method: 'POST',
      path: '/v1/payments',
      body: JSON.stringify(payment),
      hasIdempotencyKey: true,
      expectedStatus: 201,
    },
    { name: 'read my profile', method: 'GET', path: '/v1/users/me', expectedStatus: 200 },
    { name: 'list payments', method: 'GET', path: '/v1/payments', expectedStatus: 200 },
  ];
}
