import { createHmac, timingSafeEqual } from 'node:crypto';

export const signatureHeader = 'sandbox-signature';

/** Calls signed longer ago, or further ahead, than this are refused. */
const toleranceS = 300;

/** The header's value for a body: `t=<seconds since 1970>,v1=<hex HMAC-SHA-256 of "t.body">`. */
export function signBody(body: Buffer | string, secret: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  return `t=${seconds},v1=${digest(seconds, body, secret).toString('hex')}`;
}

/** Whether `header` is a fresh signature of `body` under `secret`; compares in constant time. */
export function verifySignature(header: string, body: Buffer, secret: string, now: Date): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  if (!match?.[1] || !match[2]) return false;
  const seconds = Number(match[1]);
  if (Math.abs(now.getTime() / 1000 - seconds) > toleranceS) return false;
  return timingSafeEqual(digest(seconds, body, secret), Buffer.from(match[2], 'hex'));
}

const digest = (seconds: number, body: Buffer | string, secret: string) =>
  createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
