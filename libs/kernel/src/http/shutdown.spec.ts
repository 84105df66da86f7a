import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { type BeforeApplicationShutdown, Controller, Get, Injectable, Post } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type BootedHttp, bootTestHttp } from '#kernel/testing';
import { Public } from './access/access.js';
import { ProblemFilter } from './problem.filter.js';

let entered: () => void = () => undefined;
let leave: Promise<void> = Promise.resolve();

@Public()
@Controller('v1/slow')
class SlowController {
  @Get()
  async slow() {
    entered();
    await leave;
    return { done: true };
  }

  @Post()
  take() {}
}

let lastWork: () => Promise<void> = async () => undefined;

@Injectable()
class LastWork implements BeforeApplicationShutdown {
  beforeApplicationShutdown = () => lastWork();
}

describe('over a real socket', () => {
  let http: BootedHttp | undefined;
  let socket: Socket | undefined;
  afterEach(async () => {
    vi.useRealTimers();
    lastWork = async () => undefined;
    socket?.destroy();
    await http?.close();
  });

  const start = async (environment: Record<string, string> = {}) => {
    http = await bootTestHttp({
      controllers: [SlowController],
      providers: [LastWork],
      ports: {},
      environment: { SHUTDOWN_DELAY_MS: '0', ...environment },
    });
    await http.app.listen(0, '127.0.0.1');
    socket = connect((http.app.getHttpServer().address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    return { app: http.app, socket };
  };
  const answer = async (from: Socket) => {
    let text = '';
    for await (const chunk of from) text += String(chunk);
    return text;
  };

  it('finishes running requests before it stops, and then closes their connections', async () => {
    const { app, socket } = await start();
    let finish: () => void = () => undefined;
    leave = new Promise((resolve) => (finish = resolve));
    const running = new Promise<void>((resolve) => (entered = resolve));
    socket.write('GET /v1/slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await running;
    let isClosed = false;
    const closed = app.close().then(() => (isClosed = true));
    await vi.waitFor(() => expect(app.getHttpServer().listening).toBe(false), 20_000);
    expect(isClosed).toBe(false);
    const finishedAt = performance.now();
    finish();
    const text = await answer(socket);
    await closed;
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).toMatch(/^connection: close\r$/im);
    expect(text).toContain('{"done":true}');
    expect(performance.now() - finishedAt).toBeLessThan(8000);
  });

  it('asks clients to close their connections before it stops listening, and answers them until then', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const { app, socket } = await start({ SHUTDOWN_DELAY_MS: '600000' });
    leave = Promise.resolve();
    socket.write('GET /v1/slow HTTP/1.1\r\nHost: x\r\n\r\n');
    const [before] = (await once(socket, 'data')) as [Buffer];
    expect(String(before)).toContain('Connection: keep-alive');
    const closed = app.close();
    await vi.waitFor(async () => {
      expect((await app.inject({ url: '/health/ready' })).statusCode).toBe(503);
    }, 20_000);
    socket.write('GET /v1/slow HTTP/1.1\r\nHost: x\r\n\r\n');
    const [after] = (await once(socket, 'data')) as [Buffer];
    expect(String(after)).toMatch(/^HTTP\/1.1 200 [^]*^connection: close\r$/im);
    expect(app.getHttpServer().listening).toBe(true);
    vi.runAllTimers();
    vi.useRealTimers();
    await closed;
  });

  it('answers the clients who came in the moment before it stopped listening', async () => {
    const { app, socket: silent } = await start();
    silent.destroy();
    const { port } = app.getHttpServer().address() as AddressInfo;
    const late: Promise<string>[] = [];
    lastWork = async () => {
      for (let client = 0; client < 20; client += 1) {
        const socket = connect(port, '127.0.0.1');
        socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
        late.push(answer(socket).catch(String));
      }
      // By then the system has connected them, and the event loop has not yet come round to accept them.
      await new Promise<void>((resolve) => process.nextTick(resolve));
    };
    await app.close();
    expect(late).toHaveLength(20);
    for (const text of await Promise.all(late)) expect(text).toMatch(/^HTTP\/1.1 200 /);
  });

  it('cuts requests that outlive the grace time', async () => {
    const { app, socket } = await start({ SHUTDOWN_GRACE_MS: '100' });
    leave = new Promise(() => undefined);
    const running = new Promise<void>((resolve) => (entered = resolve));
    socket.write('GET /v1/slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await running;
    const startedAt = performance.now();
    await app.close();
    expect(performance.now() - startedAt).toBeLessThan(8000);
  });

  it('takes a client that hangs up amid its body for no failure of its own', async () => {
    const caught = vi.spyOn(ProblemFilter.prototype, 'catch');
    const { app, socket } = await start();
    const head =
      'POST /v1/slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n';
    socket.write(`${head}{`);
    await once(app.getHttpServer(), 'request');
    socket.destroy();
    const [, host] = await vi.waitUntil(() => caught.mock.calls[0], 10_000);
    await caught.mock.results[0]?.value;
    caught.mockRestore();
    expect(host.switchToHttp().getRequest<FastifyRequest>().edge.problemCode).toBe(
      'kernel.malformed_request',
    );
  });

  it.each([
    [
      'a request without a host',
      'GET / HTTP/1.1\r\nConnection: close\r\n\r\n',
      400,
      'kernel.malformed_request',
    ],
    [
      'a request with two hosts',
      'GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n',
      400,
      'kernel.malformed_request',
    ],
    [
      'an unknown expectation',
      'GET / HTTP/1.1\r\nHost: x\r\nExpect: the best\r\nConnection: close\r\n\r\n',
      417,
      'kernel.expectation_failed',
    ],
    ['what is not HTTP', 'HELLO\r\n\r\n', 400, 'kernel.malformed_request'],
    [
      'endless headers',
      `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`,
      431,
      'kernel.headers_too_large',
    ],
  ])('answers %s with a problem', async (_name, bytes, status, code) => {
    const { socket } = await start();
    socket.write(bytes);
    const text = await answer(socket);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toMatch(/^content-type: application\/problem\+json/im);
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4))).toMatchObject({ status, code });
  });
});
