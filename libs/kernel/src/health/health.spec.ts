import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { type BootedHttp, bootTestHttp } from '#kernel/testing';
import type { MigrationInterface } from 'typeorm';
import { registerFeature } from '../features/registry.js';
import { Drain } from '../http/drain.js';
import { SchemaGuard } from '../ports/ports.js';
import { type Facts, HealthDetail } from './health-detail.js';

class Mismatch extends SchemaGuard {
  async reconcile(): Promise<string[]> {
    return [];
  }
  async mismatches(): Promise<string[]> {
    return ['payment: the update trigger is missing'];
  }
}

@Injectable()
class Waters {
  private asked = 0;

  @HealthDetail({ name: 'pond', keepMs: 60_000 })
  async pond() {
    return { ducks: (this.asked += 1), since: null };
  }

  @HealthDetail({ name: 'lake', keepMs: 60_000 })
  lake(): Promise<Facts> {
    return Promise.reject(new Error('frozen'));
  }
}

class CreateLate1700000009999 implements MigrationInterface {
  async up(): Promise<void> {}
  async down(): Promise<void> {}
}

describe('readiness', () => {
  let http: BootedHttp;
  afterEach(() => http.close());
  const checks = { databaseRead: 'ok', databaseWrite: 'ok', migrations: 'ok', changeCapture: 'ok' };

  it('fails when the capture triggers are out of step, and keeps the reason to the log', async () => {
    http = await bootTestHttp({ ports: { schemaGuard: { provide: SchemaGuard, useClass: Mismatch } } });
    const response = await http.inject({ url: '/health/ready' });
    expect(response.statusCode).toBe(503);
    expect(response.headers['content-type']).toContain('application/json');
    expect(response.json()).toEqual({
      status: 'unavailable',
      checks: { ...checks, changeCapture: 'failed' },
      details: {},
    });
  });

  it('fails when migrations are pending', async () => {
    http = await bootTestHttp({ ports: {} });
    registerFeature({ name: 'late', migrations: [CreateLate1700000009999] });
    const response = await http.inject({ url: '/health/ready' });
    expect([response.statusCode, response.json()]).toMatchObject([503, { checks: { migrations: 'failed' } }]);
    registerFeature({ name: 'late' });
  });

  it('ends when the process is told to stop, while it stays alive', async () => {
    http = await bootTestHttp({ ports: {} });
    await http.app.get(Drain, { strict: false }).onModuleDestroy();
    expect((await http.inject({ url: '/health/ready' })).json()).toEqual({
      status: 'unavailable',
      checks,
      details: {},
    });
    expect((await http.inject({ url: '/health/live' })).statusCode).toBe(200);
  });

  it('tells what rooms have to tell, asks them once in a while only, and stays ready when they fail', async () => {
    http = await bootTestHttp({ ports: {}, providers: [Waters] });
    for (let time = 0; time < 3; time += 1) {
      const response = await http.inject({ url: '/health/ready' });
      expect([response.statusCode, response.json()]).toEqual([
        200,
        { status: 'ready', checks, details: { pond: { ducks: 1, since: null }, lake: null } },
      ]);
    }
  });
});
