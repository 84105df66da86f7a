import { defineErrors } from './problem.js';

export const kernelErrors = defineErrors('kernel', {
  'kernel.validation_failed': {
    status: 400,
    title: 'The request is not valid',
    detail: 'Correct the fields listed in errors and send the request again.',
  },
  'kernel.malformed_request': {
    status: 400,
    title: 'The request cannot be read',
    detail: 'Send a well-formed request: valid JSON, a valid URL and valid headers.',
  },
  'kernel.unauthenticated': {
    status: 401,
    title: 'Authentication is required',
    detail: 'Send a valid access token in the Authorization header, as "Bearer <token>".',
  },
  'kernel.forbidden': {
    status: 403,
    title: 'Permission is missing',
    detail: 'Ask an administrator for a role that holds the permission this route names in x-permission.',
  },
  'kernel.not_found': {
    status: 404,
    title: 'Nothing is here',
    detail: 'Check the path, the method and the id.',
  },
  'kernel.request_timeout': {
    status: 408,
    title: 'The request came too slowly',
    detail: 'Send the whole request at once.',
  },
  'kernel.conflict': {
    status: 409,
    title: 'The request conflicts with the present state',
    detail: 'Read the resource again and decide anew.',
  },
  'kernel.payload_too_large': {
    status: 413,
    title: 'The request body is too large',
    detail: 'Send a smaller body.',
  },
  'kernel.unsupported_media_type': {
    status: 415,
    title: 'The media type is not supported',
    detail: 'Send JSON with the header "Content-Type: application/json".',
  },
  'kernel.expectation_failed': {
    status: 417,
    title: 'The expectation cannot be met',
    detail: 'Leave out the header Expect, or let it say "100-continue".',
  },
  'kernel.idempotency_key_missing': {
    status: 400,
    title: 'An idempotency key is required',
    detail: 'Send the header Idempotency-Key with a value of your own that is new for each operation.',
  },
  'kernel.idempotency_key_invalid': {
    status: 400,
    title: 'The idempotency key is not valid',
    detail: 'Use 1 to 255 printable ASCII characters in the header Idempotency-Key.',
  },
  'kernel.idempotency_key_reused': {
    status: 422,
    title: 'The idempotency key was used for another request',
    detail: 'Use a new key for a new operation; keys are kept for at least 24 hours.',
  },
  'kernel.idempotency_in_progress': {
    status: 409,
    title: 'The first request with this key still runs',
    detail: 'Wait a moment, then send the same request with the same key to read its answer.',
  },
  'kernel.rate_limited': {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait for the number of seconds in the Retry-After header.',
  },
  'kernel.headers_too_large': {
    status: 431,
    title: 'The request headers are too large',
    detail: 'Send fewer or shorter headers.',
  },
  'kernel.internal': {
    status: 500,
    title: 'Something went wrong on our side',
    detail: 'Nothing was changed unless you were told so. Quote the trace id when you report this.',
  },
  'kernel.unavailable': {
    status: 503,
    title: 'The service cannot do this now',
    detail: 'Try again in a few seconds.',
  },
});
