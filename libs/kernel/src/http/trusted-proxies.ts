import { isIP } from 'node:net';

const RANGES = ['loopback', 'linklocal', 'uniquelocal'];
const MAX_HOPS = 10;

/** Whose word to take, as Fastify's `trustProxy` wants it. */
export type TrustedProxies = false | string[] | ((address: string, hop: number) => boolean);

/** What `TRUST_PROXY` must be, to go on after its name. */
export const TRUST_RULE =
  'must say which proxies to believe: how many stand in front of the server (1 for one, when nobody can reach the server' +
  ' around it), or their addresses and networks, such as 10.0.0.0/8,192.0.2.7 or loopback; false for none.' +
  ' Believing all would let every client write an address of its choice into X-Forwarded-For';

/** The proxies that `text` names; undefined when it does not say which. */
export function proxiesNamed(text: string): TrustedProxies | undefined {
  const words = text.trim();
  if (words === 'false' || words === '0') return false;
  // Fastify takes a number for nobody: it cannot see whether the nearest one is a proxy. Here the operator says so.
  if (/^\d+$/.test(words)) {
    const hops = Number(words);
    return hops <= MAX_HOPS ? (_address, hop) => hop < hops : undefined;
  }
  const parts = words.split(',').map((part) => part.trim());
  return parts.every(isNetwork) ? parts : undefined;
}

function isNetwork(part: string): boolean {
  if (RANGES.includes(part)) return true;
  const [address = '', bits, ...rest] = part.split('/');
  const longest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (longest === 0 || rest.length > 0) return false;
  // A network of length 0 is everybody.
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= longest);
}
