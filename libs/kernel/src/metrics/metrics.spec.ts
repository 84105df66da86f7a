import { Body, Controller, Get, Injectable, Param, Post } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsInt } from 'class-validator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BootedHttp, bootTestHttp } from '#kernel/testing';
import { kernelErrors } from '../errors/kernel.errors.js';
import { Public } from '../http/access/access.js';
import { serveOperations } from '../http/operations-server.js';
import { Metrics } from './metrics.js';

const TOKEN = 'scraper-0123456789abcdef';

class Weight {
  @ApiProperty() @IsInt() readonly grams: number;
}

@Public()
@Controller('v1/ducks')
class DucksController {
  @Get(':id')
  one(@Param('id') id: string) {
    return { id };
  }
  @Post(':id/weights')
  weigh(@Body() { grams }: Weight) {
    if (grams > 5000) throw kernelErrors.problem('kernel.rate_limited');
    return { grams };
  }
}

@Injectable()
class Pond {
  asked = 0;
  constructor(metrics: Metrics) {
    metrics.gauges(async () => [
      { name: 'steward_ducks', help: 'Ducks.', value: (this.asked += 1), labels: { pond: 'a "b"\\\n' } },
      { name: 'steward_ducks', help: 'Ducks.', value: 7, labels: { pond: 'c' } },
    ]);
    metrics.gauges(() => Promise.reject(new Error('frozen')));
    metrics.counter('steward_quacks_total', 'Quacks.');
  }
}

let http: BootedHttp;
const boot = async (environment: Record<string, string> = { METRICS_TOKEN: TOKEN }) => {
  http = await bootTestHttp({ ports: {}, controllers: [DucksController], providers: [Pond], environment });
};
afterEach(() => http.close());
const read = (authorization = `Bearer ${TOKEN}`) =>
  http.inject({ url: '/metrics', headers: { authorization } });

describe('metrics', () => {
  beforeEach(() => boot());

  it('are for whoever shows the token, and nobody else', async () => {
    for (const wrong of ['', 'Bearer', `Bearer ${TOKEN}x`, TOKEN, `Basic ${TOKEN}`]) {
      const response = await read(wrong);
      expect([response.statusCode, response.json()]).toMatchObject([401, { code: 'kernel.unauthenticated' }]);
      expect(response.body).not.toContain('steward_');
    }
    const response = await read();
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.body).toMatch(/^nodejs_eventloop_lag_seconds \d/m);
  });

  it('count requests by route template and status, and problems by code, whatever they name', async () => {
    for (const id of ['dck_1', 'dck_2', 'ada@example.com']) await http.inject({ url: `/v1/ducks/${id}` });
    const post = (payload: object) =>
      http.inject({ method: 'POST', url: '/v1/ducks/dck_3/weights', payload });
    for (const grams of [900, 'heavy', 9000]) await post({ grams });
    for (const url of ['/nowhere/dck_4', '/v1/geese?name=ada']) await http.inject({ url });
    const { body } = await read();
    const told = body.split('\n').filter((line) => /^steward_http_(requests|problems)_total/.test(line));
    expect(told.sort()).toEqual([
      'steward_http_problems_total{code="kernel.not_found"} 2',
      'steward_http_problems_total{code="kernel.rate_limited"} 1',
      'steward_http_problems_total{code="kernel.validation_failed"} 1',
      'steward_http_requests_total{method="GET",route="/v1/ducks/:id",status="200"} 3',
      'steward_http_requests_total{method="GET",route="none",status="404"} 2',
      'steward_http_requests_total{method="POST",route="/v1/ducks/:id/weights",status="201"} 1',
      'steward_http_requests_total{method="POST",route="/v1/ducks/:id/weights",status="400"} 1',
      'steward_http_requests_total{method="POST",route="/v1/ducks/:id/weights",status="429"} 1',
    ]);
    expect(body).toContain(
      'steward_http_request_duration_seconds_count{method="GET",route="/v1/ducks/:id"} 3',
    );
    expect(body).not.toMatch(/dck_|ada|geese/);
  });

  it('ask each source once a second, and do without one that fails', async () => {
    const bodies = await Promise.all(Array.from({ length: 20 }, async () => (await read()).body));
    expect(new Set(bodies).size).toBe(1);
    expect(http.app.get(Pond).asked).toBe(1);
    expect(bodies[0]).toContain('steward_ducks{pond="a \\"b\\"\\\\\\n"} 1\nsteward_ducks{pond="c"} 7\n');
    expect(bodies[0]).toContain('\nsteward_quacks_total 0\n');
    expect(bodies[0]).toContain('\nsteward_outbox_waiting 0\n');
  });

  it('and health are all that a process without an API answers', async () => {
    const port = await serveOperations(http.app, 0, '127.0.0.1');
    const at = (path: string, headers = {}) => fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const paths = [
      '/health/live',
      '/health/ready?x',
      '/metrics',
      '/v1/ducks/dck_1',
      '/docs',
      '/health/live/',
    ];
    const statuses = await Promise.all(paths.map(async (path) => (await at(path)).status));
    expect(statuses).toEqual([200, 200, 401, 404, 404, 404]);
    const metrics = await at('/metrics', { authorization: `Bearer ${TOKEN}` });
    expect(await metrics.text()).toContain('steward_ducks');
  });
});

it('are off without a token: nothing is measured, and whoever asks is told how to turn them on', async () => {
  await boot({});
  for (const authorization of ['', 'Bearer ', 'Bearer undefined', `Bearer ${TOKEN}`]) {
    const response = await read(authorization);
    expect([response.statusCode, response.json()]).toMatchObject([
      401,
      { detail: expect.stringContaining('METRICS_TOKEN') },
    ]);
  }
  expect(http.app.get(Pond).asked).toBe(0);
});
