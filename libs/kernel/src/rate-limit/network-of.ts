import { isIPv6 } from 'node:net';

/**
 * What one client cannot leave at will: an IPv4 address, or the /64 network that an IPv6 host is given to choose its
 * addresses from (RFC 4291 section 2.5.4).
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [front = [], back = []] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  const groups = [...front, ...zeros, ...back].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
