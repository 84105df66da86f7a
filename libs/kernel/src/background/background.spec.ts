import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { afterEach, expect, it } from 'vitest';
import { type BootedModule, bootTestModule } from '#kernel/testing';
import { Ambient } from '../context/ambient.js';
import { Background } from './background.js';
import { Recurring } from './recurring.js';

const request = new Ambient<string>();

@Injectable()
class Chores {
  runs = 0;
  readonly seen: unknown[] = [];

  @Recurring({ name: 'chores.sweep', everyMs: 3_600_000 })
  async sweep(): Promise<void> {
    this.runs += 1;
    this.seen.push(request.value);
  }
}

let app: BootedModule;
afterEach(() => app.close());

it('runs a job soon after it was woken, also while it is woken again and again', async () => {
  app = await bootTestModule({ dialect: 'sqlite', nullPorts: true, background: true, providers: [Chores] });
  const background = app.get(Background);
  const chores = app.get(Chores);
  const deadline = performance.now() + 3_000;
  while (chores.runs < 3 && performance.now() < deadline) {
    background.wake('chores.sweep');
    await delay(1);
  }
  expect(chores.runs).toBeGreaterThanOrEqual(3);
});

it('runs a job outside the request that woke it', async () => {
  app = await bootTestModule({ dialect: 'sqlite', nullPorts: true, background: true, providers: [Chores] });
  const chores = app.get(Chores);
  request.run('POST', () => app.get(Background).wake('chores.sweep'));
  await expect.poll(() => chores.seen, { timeout: 20_000 }).toEqual([undefined]);
});
