import { Body, Controller, Logger, Post } from '@nestjs/common';
import { IsString, MaxLength } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BootedHttp, bootTestHttp } from '#kernel/testing';
import { Public } from '../http/access/access.js';
import { LogDestination, RootLogger } from './root-logger.js';

const lines: Record<string, unknown>[] = [];

class Credentials {
  @IsString() @MaxLength(100) readonly password: string;
}

@Public()
@Controller('v1/logins')
class LoginsController {
  private readonly logger = new Logger('Logins');

  @Post(':name')
  login(@Body() body: Credentials) {
    this.logger.log(
      { password: body.password, nested: { token: body.password }, attempt: 1 },
      'somebody logs in',
    );
    this.logger.warn('plain words');
    if (body.password === 'crash') {
      throw Object.assign(new Error('query failed', { cause: new Error('deeper') }), {
        code: 'ER_X',
        parameters: ['ann@example.com'],
      });
    }
    return {};
  }
}

describe('the log', () => {
  let http: BootedHttp;
  beforeAll(async () => {
    http = await bootTestHttp({
      controllers: [LoginsController],
      ports: {},
      environment: { LOG_LEVEL: 'info' },
    });
    // Standard output belongs to the test runner.
    const stream = (http.app.get(RootLogger, { strict: false }) as unknown as { output: LogDestination })
      .output;
    stream.write = (line) => {
      lines.push(JSON.parse(line) as Record<string, unknown>);
      return true;
    };
  });
  afterAll(() => http.close());
  beforeEach(() => {
    lines.length = 0;
  });
  const login = (password: string) =>
    http.inject({
      method: 'POST',
      url: '/v1/logins/ann?token=tok-1',
      remoteAddress: '203.0.113.7',
      payload: { password },
    });

  it('writes one line per request with its ids and outcome, and neither body, query, path nor address', async () => {
    const response = await login('correct horse');
    const [line] = lines.filter(({ msg }) => msg === 'request');
    expect(line).toMatchObject({
      level: 'info',
      requestId: response.headers['x-request-id'],
      traceId: response.headers['x-trace-id'],
      method: 'POST',
      operation: 'LoginsController.login',
      status: 201,
    });
    expect(line?.['durationMs']).toBeTypeOf('number');
    expect(JSON.stringify(lines)).not.toMatch(/correct horse|tok-1|203\.0\.113\.7|\/ann/);
  });

  it("ties every line to its request, and hides what a field's name gives away", async () => {
    const response = await login('correct horse');
    const requestId = response.headers['x-request-id'];
    expect(lines.find(({ msg }) => msg === 'somebody logs in')).toMatchObject({
      requestId,
      context: 'Logins',
      attempt: 1,
      password: '[redacted]',
      nested: { token: '[redacted]' },
    });
    expect(lines.find(({ msg }) => msg === 'plain words')).toMatchObject({
      level: 'warn',
      requestId,
      context: 'Logins',
    });
  });

  it('logs what failed with its causes, without the fields that a driver hangs on its errors', async () => {
    const response = await login('crash');
    expect(response.statusCode).toBe(500);
    const failure = lines.find(({ msg }) => msg === 'request failed');
    expect(failure).toMatchObject({
      level: 'error',
      requestId: response.headers['x-request-id'],
      err: { message: 'query failed', code: 'ER_X', cause: { message: 'deeper' } },
    });
    expect(JSON.stringify(lines)).not.toContain('ann@example.com');
    expect(lines.find(({ msg }) => msg === 'request')).toMatchObject({
      status: 500,
      code: 'kernel.internal',
    });
  });
});
