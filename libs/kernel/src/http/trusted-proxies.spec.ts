import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { describe, expect, it } from 'vitest';
import { bootTestHttp } from '#kernel/testing';
import { RequestContext } from '../context/request-context.js';
import { Public } from './access/access.js';
import { addressIn } from './edge.js';
import { proxiesNamed } from './trusted-proxies.js';

@Public()
@Controller('v1/me')
class MirrorController {
  constructor(private readonly context: RequestContext) {}

  @Get()
  @ApiOperation({ operationId: 'mirror', summary: 'Who am I?' })
  @ApiOkResponse()
  mirror(): object {
    return { address: this.context.get()?.clientAddress };
  }
}

const boot = (trust: string) =>
  bootTestHttp({ ports: {}, controllers: [MirrorController], environment: { TRUST_PROXY: trust } });

describe('the proxies whose word is taken', () => {
  it.each([
    'true',
    '*',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '::1/129',
    '11',
    '-1',
    '1.5',
    'proxy.local',
    '10.0.0.1,',
  ])('are not named by %j', (text) => {
    expect(proxiesNamed(text)).toBeUndefined();
  });

  it('are named by addresses, networks and ranges', () => {
    expect(proxiesNamed(' 10.0.0.0/8, ::1/128,192.0.2.7 ,loopback')).toEqual([
      '10.0.0.0/8',
      '::1/128',
      '192.0.2.7',
      'loopback',
    ]);
    expect([proxiesNamed('false'), proxiesNamed('0')]).toEqual([false, false]);
  });

  it('must be named: the boot says what to write instead of true', async () => {
    await expect(boot('true')).rejects.toThrow(/TRUST_PROXY: must say which proxies .* 10\.0\.0\.0\/8/);
  });

  // The client wrote the left part itself; the proxies added what stands to the right.
  const forwarded = '198.51.100.66, 203.0.113.9, 10.0.0.2';
  it.each([
    ['false', forwarded, '127.0.0.1'],
    ['1', forwarded, '10.0.0.2'],
    ['2', forwarded, '203.0.113.9'],
    ['loopback', forwarded, '10.0.0.2'],
    ['loopback,10.0.0.0/8', forwarded, '203.0.113.9'],
    ['2', '203.0.113.9', '203.0.113.9'],
    ['1', '203.0.113.9:51234', '203.0.113.9'],
    ['1', '[2001:db8::1]:443', '2001:db8::1'],
    ['1', 'nonsense', '127.0.0.1'],
  ])('with %s, of %j the client is %s', async (trust, header, client) => {
    const http = await boot(trust);
    const answer = await http.inject({ url: '/v1/me', headers: { 'x-forwarded-for': header } });
    await http.close();
    expect(answer.json()).toEqual({ address: client });
  });
});

describe('an address', () => {
  it.each([
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8::1', '2001:db8::1'],
    ['unknown', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('in %j is %j', (text, address) => {
    expect(addressIn(text)).toBe(address);
  });
});
