import { expect, it } from 'vitest';
import { networkOf } from './network-of.js';

it('knows an IPv6 client by its network, and an IPv4 client by its address', () => {
  expect(networkOf('203.0.113.7')).toBe('203.0.113.7');
  const own = ['2001:db8:1:2::7', '2001:DB8:1:02:ffff:ffff:ffff:ffff', '2001:db8:1:2:0:0:0:0'];
  expect(new Set(own.map(networkOf))).toEqual(new Set(['2001:db8:1:2::/64']));
  expect(networkOf('2001:db8:1:3::7')).toBe('2001:db8:1:3::/64');
  expect(networkOf('2001:db8::7')).toBe('2001:db8:0:0::/64');
  expect(networkOf('1::2:3:4:5:6:7')).toBe('1:0:2:3::/64');
  expect(networkOf('::1')).toBe('0:0:0:0::/64');
});
