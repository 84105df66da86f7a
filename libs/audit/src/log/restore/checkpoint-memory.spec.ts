import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KernelConfig } from '#kernel';
import { CheckpointMemory, MEMORY_FILE_NAME } from './checkpoint-memory.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steward-memory-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const memory = (dataDir = folder) => new CheckpointMemory({ dataDir } as KernelConfig);

it('remembers the last of many, whole, beyond the end of the process', async () => {
  const first = memory();
  expect(await first.recall()).toBeUndefined();
  for (let size = 1; size <= 100; size += 1) first.remember(`checkpoint ${size}`);
  expect(await first.recall()).toBe('checkpoint 100');
  await first.beforeApplicationShutdown();
  expect(readFileSync(join(folder, MEMORY_FILE_NAME), 'utf8')).toBe('checkpoint 100');
  expect(readdirSync(folder)).toEqual([MEMORY_FILE_NAME]);
  expect(await memory().recall()).toBe('checkpoint 100');
});

it('makes the folder that it writes to, and goes on without one that it cannot have', async () => {
  const nested = memory(join(folder, 'not', 'there'));
  nested.remember('checkpoint');
  await nested.beforeApplicationShutdown();
  expect(await memory(join(folder, 'not', 'there')).recall()).toBe('checkpoint');
  const impossible = memory(join(folder, 'not', 'there', MEMORY_FILE_NAME));
  impossible.remember('checkpoint');
  await impossible.beforeApplicationShutdown();
  expect(await impossible.recall()).toBe('checkpoint');
});
