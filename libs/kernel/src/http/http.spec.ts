import { Body, Controller, Get, Injectable, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsArray, IsEmail, IsInt, IsString, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BootedHttp, bootTestHttp } from '#kernel/testing';
import type { Principal } from '../context/principal.js';
import { RequestContext } from '../context/request-context.js';
import { defineErrors } from '../errors/problem.js';
import { feature } from '../features/feature.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { Authenticator, UnitRecorder } from '../ports/ports.js';
import type { UnitIntent } from '../unit-of-work/unit.js';
import { Authenticated, CurrentPrincipal, Public, RequirePermission } from './access/access.js';
import { definePermissions } from './access/permissions.js';
import { ForPurpose } from './purpose.js';
import { PageQuery } from './pagination.js';

const toyErrors = defineErrors('toys', {
  'toys.broken': { status: 409, title: 'The toy is broken', detail: 'Mend it first.' },
});

const refusals: { intent: UnitIntent; code: string; principal: string | undefined }[] = [];

class HeaderAuthenticator extends Authenticator {
  async authenticate(request: FastifyRequest): Promise<Principal | undefined> {
    const { authorization } = request.headers;
    if (authorization === undefined) return undefined;
    if (authorization === 'bad') throw kernelErrors.problem('kernel.unauthenticated');
    return { kind: 'user', id: 'usr_test', permissions: new Set(authorization.split(',')) };
  }
}

@Injectable()
class ListRecorder extends UnitRecorder {
  constructor(private readonly context: RequestContext) {
    super();
  }
  async prepare(): Promise<void> {}
  record(): void {}
  async recordRefusal(intent: UnitIntent, error: unknown): Promise<void> {
    const principal = this.context.get()?.principal?.id;
    refusals.push({ intent, code: (error as { code: string }).code, principal });
  }
}

class Part {
  @ApiProperty() @IsString() @MaxLength(10) readonly name: string;
}

class CreateToy {
  @ApiProperty() @IsEmail() readonly maker: string;
  @ApiProperty() @IsInt() @Min(1) @Max(10) readonly age: number;
  @ApiProperty({ type: [Part] })
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Part)
  readonly parts: Part[];
}

@Controller('v1/toys')
class ToysController {
  constructor(private readonly context: RequestContext) {}

  @Public()
  @Get('open')
  open() {
    return { principal: this.context.get()?.principal?.id ?? null };
  }

  @Authenticated()
  @Get('mine')
  mine(@CurrentPrincipal() principal: Principal) {
    return {
      id: principal.id,
      requestId: this.context.get()?.requestId,
      operation: this.context.get()?.operation,
    };
  }

  @RequirePermission('toys.mend')
  @ApiOperation({ operationId: 'mendToy', summary: 'Mend' })
  @Post('mend')
  mend() {
    throw toyErrors.problem('toys.broken');
  }

  @Public()
  @Post()
  create(@Body() body: CreateToy) {
    // Proves that the context survives the parsing of a body.
    return { made: body instanceof CreateToy, requestId: this.context.get()?.requestId };
  }

  @Public()
  @Get()
  list(@Query() query: PageQuery) {
    return { limit: query.limit };
  }

  @Public()
  @Get('crash')
  crash() {
    throw new Error('the password of the database is hunter2');
  }

  @Public()
  @Get('outage')
  outage() {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.5:3306'), { code: 'SQLITE_IOERR' });
  }

  @Public()
  @Get('where')
  where() {
    return { address: this.context.get()?.clientAddress, traceId: this.context.get()?.traceId };
  }

  @Public()
  @Get('by-id/:id')
  byId(@Param('id') id: string) {
    return { id };
  }
}

const toys = () =>
  bootTestHttp({
    imports: [
      feature({
        name: 'toys',
        errors: toyErrors,
        permissions: definePermissions('toys', { 'toys.mend': 'Mend toys' }),
      }),
    ],
    controllers: [ToysController],
    ports: {
      authenticator: { provide: Authenticator, useClass: HeaderAuthenticator },
      recorder: { provide: UnitRecorder, useClass: ListRecorder },
    },
    environment: { TRUST_PROXY: 'loopback', CORS_ORIGINS: 'https://app.example.com' },
  });

describe('the HTTP edge', () => {
  let http: BootedHttp;
  beforeAll(async () => {
    http = await toys();
  });
  afterAll(() => http.close());
  beforeEach(() => {
    refusals.length = 0;
  });

  const problemOf = (response: { headers: object; body: string }) => {
    expect(response.headers).toMatchObject({ 'content-type': 'application/problem+json; charset=utf-8' });
    return JSON.parse(response.body) as Record<string, unknown>;
  };

  it('lists each refused field with its JSON pointer, nested ones too', async () => {
    const payload = { maker: 'nobody', age: 11, parts: [{ name: 'leg' }, { name: 3 }], 'a/b': 1 };
    const response = await http.inject({ method: 'POST', url: '/v1/toys', payload });
    expect(response.statusCode).toBe(400);
    const problem = problemOf(response);
    expect(problem).toMatchObject({
      type: 'urn:steward:error:kernel.validation_failed',
      status: 400,
      code: 'kernel.validation_failed',
      traceId: response.headers['x-trace-id'],
    });
    const pointers = (problem['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(new Set(pointers)).toEqual(new Set(['/maker', '/age', '/parts/1/name', '/a~1b']));
    expect(refusals).toEqual([]);
  });

  it('says where a refused query parameter stands, and refuses bodies that are no object', async () => {
    const query = problemOf(await http.inject({ url: '/v1/toys?limit=1000' }));
    expect(query['errors']).toEqual([
      { pointer: '/limit', detail: 'limit must not be greater than 100 (in the query)' },
    ]);
    const list = await http.inject({ method: 'POST', url: '/v1/toys', payload: [1] });
    expect(list.statusCode).toBe(400);
    for (const payload of ['null', '"x"', '17', '[]', '{"__proto__":{}}', '{', '{"a":'.repeat(5000)]) {
      const response = await http.inject({
        method: 'POST',
        url: '/v1/toys',
        headers: { 'content-type': 'application/json' },
        payload,
      });
      expect([payload.slice(0, 20), response.statusCode]).toEqual([payload.slice(0, 20), 400]);
      problemOf(response);
    }
  });

  it('refuses a body that is nested too deeply instead of overflowing the stack', async () => {
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    const headers = { 'content-type': 'application/json' };
    const response = await http.inject({ method: 'POST', url: '/v1/toys', headers, payload: deep });
    expect(response.statusCode).toBe(400);
    expect(problemOf(response)['code']).toBe('kernel.validation_failed');
  });

  it.each([
    ['an unknown path', { url: '/nothing' }, 404, 'kernel.not_found'],
    ['a malformed URL', { url: '/v1/toys/%E0%A4%A' }, 400, 'kernel.malformed_request'],
    ['an endless path part', { url: `/v1/toys/by-id/${'x'.repeat(300)}` }, 404, 'kernel.not_found'],
    ['malformed JSON', post('{'), 400, 'kernel.malformed_request'],
    [
      'another media type',
      post('a=1', 'application/x-www-form-urlencoded'),
      415,
      'kernel.unsupported_media_type',
    ],
    ['plain text', post('hello', 'text/plain'), 415, 'kernel.unsupported_media_type'],
    ['a broken media type', post('{}', ';;;'), 415, 'kernel.unsupported_media_type'],
    ['a large body', post(JSON.stringify('x'.repeat(70_000))), 413, 'kernel.payload_too_large'],
  ] as const)('answers %s as a problem', async (_name, request, status, code) => {
    const response = await http.inject(request);
    expect(response.statusCode).toBe(status);
    expect(problemOf(response)).toMatchObject({ code, status });
    expect(refusals).toEqual([]);
  });

  it('tells nothing about an unexpected error but the trace id', async () => {
    const response = await http.inject({ url: '/v1/toys/crash' });
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toMatch(/hunter2|password|\.ts|Error:/);
    expect(problemOf(response)).toMatchObject({
      code: 'kernel.internal',
      traceId: response.headers['x-trace-id'],
    });
    expect(refusals).toMatchObject([{ intent: { action: 'request.fail' }, code: 'kernel.internal' }]);
  });

  it('tells an outage of the database from a defect', async () => {
    const response = await http.inject({ url: '/v1/toys/outage' });
    expect(response.statusCode).toBe(503);
    expect(problemOf(response)).toMatchObject({ code: 'kernel.unavailable' });
    expect(response.body).not.toContain('10.0.0.5');
  });

  it('denies by default, and puts denied access and business conflicts on the record', async () => {
    const anonymous = await http.inject({ url: '/v1/toys/mine' });
    expect(anonymous.statusCode).toBe(401);
    expect(anonymous.headers['www-authenticate']).toBe('Bearer realm="steward"');
    const bad = await http.inject({ url: '/v1/toys/mine', headers: { authorization: 'bad' } });
    expect(bad.statusCode).toBe(401);
    const weak = await http.inject({
      method: 'POST',
      url: '/v1/toys/mend',
      headers: { authorization: 'toys.see' },
    });
    expect(weak.statusCode).toBe(403);
    const conflict = await http.inject({
      method: 'POST',
      url: '/v1/toys/mend',
      headers: { authorization: 'toys.mend' },
    });
    expect(conflict.statusCode).toBe(409);
    const resource = (id: string) => ({ action: 'request.refuse', resource: { type: 'operation', id } });
    expect(refusals).toEqual([
      { intent: resource('ToysController.mine'), code: 'kernel.unauthenticated', principal: undefined },
      { intent: resource('ToysController.mine'), code: 'kernel.unauthenticated', principal: undefined },
      { intent: resource('mendToy'), code: 'kernel.forbidden', principal: 'usr_test' },
      { intent: resource('mendToy'), code: 'toys.broken', principal: 'usr_test' },
    ]);
  });

  it('gives routes the principal and the request context, also after a body was read', async () => {
    const mine = await http.inject({
      url: '/v1/toys/mine',
      headers: { authorization: 'x' },
    });
    expect(mine.json()).toEqual({
      id: 'usr_test',
      requestId: mine.headers['x-request-id'],
      operation: 'ToysController.mine',
    });
    const payload = { maker: 'a@b.example', age: 3, parts: [] };
    const made = await http.inject({ method: 'POST', url: '/v1/toys', payload });
    expect(made.json()).toEqual({ made: true, requestId: made.headers['x-request-id'] });
    expect(made.json<{ requestId: string }>().requestId).toMatch(/^req_/);
    expect((await http.inject({ url: '/v1/toys/open', headers: { authorization: 'x' } })).json()).toEqual({
      principal: null,
    });
  });

  it('believes trusted proxies about client and request id, and nobody else; continues a W3C trace', async () => {
    const headers = {
      'x-request-id': 'abc-1',
      'x-forwarded-for': '203.0.113.9, 127.0.0.1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    };
    const response = await http.inject({ url: '/v1/toys/where', headers });
    expect(response.json()).toEqual({ address: '203.0.113.9', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
    expect(response.headers).toMatchObject({
      'x-trace-id': '4bf92f3577b34da6a3ce929d0e0e4736',
      'x-request-id': 'abc-1',
    });
    const remoteAddress = '::ffff:198.51.100.1';
    const direct = await http.inject({ url: '/v1/toys/where', headers, remoteAddress });
    expect(direct.json()).toMatchObject({ address: '198.51.100.1' });
    expect(direct.headers['x-request-id']).toMatch(/^req_/);
  });

  it('sends security headers, no cache permission, and CORS for the named origins only', async () => {
    const response = await http.inject({
      url: '/v1/toys/open',
      headers: { origin: 'https://app.example.com' },
    });
    expect(response.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'access-control-allow-origin': 'https://app.example.com',
    });
    expect(response.headers['content-security-policy']).toContain("default-src 'none'");
    const other = await http.inject({ url: '/v1/toys/open', headers: { origin: 'https://evil.example' } });
    expect(other.headers['access-control-allow-origin']).not.toBe('https://evil.example');
    expect((await http.inject({ url: '/nothing' })).headers['x-content-type-options']).toBe('nosniff');
  });

  it('is alive, and ready while everything it needs answers', async () => {
    expect((await http.inject({ url: '/health/live' })).json()).toEqual({ status: 'alive' });
    const ready = await http.inject({ url: '/health/ready' });
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toEqual({
      status: 'ready',
      checks: { databaseRead: 'ok', databaseWrite: 'ok', migrations: 'ok', changeCapture: 'ok' },
      details: {},
    });
  });
});

describe('the boot', () => {
  @Controller('v1/open')
  class UndeclaredController {
    @Get('door')
    door() {
      return {};
    }
    @RequirePermission('toys.dream')
    @Get('dream')
    dream() {
      return {};
    }
    @Public()
    @ForPurpose('toys.fun')
    @Get('fun')
    fun() {
      return {};
    }
  }

  it('stops on a route with no access, an unknown permission or an unknown purpose, and names each', async () => {
    const boot = bootTestHttp({ controllers: [UndeclaredController], ports: {} });
    await expect(boot).rejects.toThrow(
      /GET \/v1\/open\/door \(UndeclaredController\.door\) declares no access/,
    );
    await expect(boot).rejects.toThrow(/GET \/v1\/open\/dream .* asks for "toys\.dream"/);
    await expect(boot).rejects.toThrow(/GET \/v1\/open\/fun .* is for the purpose "toys\.fun"/);
  });

  it('lists every mistake in the environment at once', async () => {
    const boot = bootTestHttp({
      ports: {},
      environment: { PORT: 'x', TRUST_PROXY: 'who', MAIL_URL: 'ftp://mail' },
    });
    await expect(boot).rejects.toThrow(/PORT[^]*TRUST_PROXY[^]*MAIL_URL/);
  });
});

function post(payload: string, type = 'application/json') {
  return { method: 'POST', url: '/v1/toys', headers: { 'content-type': type }, payload } as const;
}
