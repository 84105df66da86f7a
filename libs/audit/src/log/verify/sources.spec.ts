import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFiles } from '../../testing/log-files.js';
import { TestLog } from '../../testing/test-log.js';
import { encodeBundle } from '../leaf/bundle.js';
import { originLeaf } from '../leaf/leaf.js';
import { tilePath } from '../tree/tile.js';
import { copyAudit } from './copy-audit.js';
import { verifyAudit } from './verify-audit.js';

let files: LogFiles;
beforeEach(() => {
  files = new LogFiles();
});
afterEach(() => files.remove());

describe('a log on a web server', () => {
  let server: Server;
  let url: string;
  let answers: (path: string, token: string | undefined) => number;
  beforeEach(async () => {
    answers = () => 200;
    server = createServer(({ url: path = '', headers }, response) => {
      const status = answers(path, headers.authorization);
      const file = files.path(path);
      if (status === 307) response.writeHead(status, { location: path.replace('/log/', '/log/2/') }).end();
      else if (status === 200 && existsSync(file)) response.writeHead(200).end(readFileSync(file));
      else response.writeHead(status === 200 ? 404 : status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log/`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('verifies, and its leaf data with a token', async () => {
    const log = new TestLog().grow(1000);
    await files.write(log);
    answers = (path, token) => (path.includes('/entries/') && token !== 'Bearer secret' ? 401 : 200);
    const without = await verifyAudit({ url, key: log.vkeys });
    expect(await copyAudit({ url, to: files.path('copy'), entries: true })).toEqual({
      exitCode: 2,
      report: expect.stringMatching(/^NOT COPIED: .*tile\/entries\/000: 401\.\n$/),
    });
    expect(without).toEqual({ exitCode: 0, report: expect.stringMatching(/leaf data was not checked.*401/) });
    writeFileSync(files.path('token'), 'secret\n');
    const verdict = await verifyAudit({ url, key: log.vkeys, tokenFile: files.path('token') });
    expect(verdict).toEqual({ exitCode: 0, report: expect.stringContaining('leaf data of 1,000 entries') });
  });

  it('verifies with the one before it when a newer one continues it, from either address', async () => {
    const old = new TestLog().grow(300);
    await files.write(old);
    const log = new TestLog('log.example/2', [old.signers[0]!.named('log.example/2')]);
    log.append([originLeaf({ previous: old.signed(), startedAt: '2026-02-03 04:05:06' })]).grow(300);
    await files.write(log, 'log/2');
    await files.write(old, 'log/1');
    answers = (path) => (/\/log\/(key|checkpoint)$/.test(path) ? 307 : 200);
    for (const address of [url, `${url}2`]) {
      const { exitCode, report } = await verifyAudit({ url: address });
      expect(report).toMatch(/301 entries, [^]* 300 entries, [^]*VERIFIED: nothing is wrong/);
      expect(exitCode).toBe(0);
    }
    const to = files.path('copy');
    expect(await copyAudit({ url, to, entries: true })).toEqual({
      exitCode: 0,
      report: 'log.example: 300 entries\nlog.example/2: 301 entries\n',
    });
    expect((await files.verify(old, 'copy')).report).toMatch(
      /301 entries compared[^]* 300 entries compared[^]*VERIFIED: n/,
    );
    rmSync(files.path('log/1/tile/0/000'));
    expect((await verifyAudit({ url: `${url}2` })).report).toMatch(/tile\/0\/000 is missing/);
  });

  it('may stumble, and is unreadable when it stays down', async () => {
    const log = new TestLog().grow(1000);
    await files.write(log);
    const asked = new Set<string>();
    answers = (path) => (asked.has(path) ? 200 : (asked.add(path), 503));
    expect((await verifyAudit({ url, key: log.vkeys })).exitCode).toBe(0);
    answers = () => 500;
    expect(await verifyAudit({ url, key: log.vkeys })).toEqual({
      exitCode: 2,
      report: expect.stringMatching(/NOTHING VERIFIED: .*checkpoint answers 500/),
    });
  });

  it('is not read beyond what a tile can hold', async () => {
    const log = new TestLog().grow(300);
    await files.write(log);
    files.edit('tile/0/000', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]));
    const verdict = await verifyAudit({ url, key: log.vkeys });
    expect(verdict).toEqual({ exitCode: 2, report: expect.stringMatching(/has more than 8192 bytes/) });
  });
});

describe('an exported directory', () => {
  it('is not mixed with another history', async () => {
    const log = new TestLog().grow(300);
    await files.write(log);
    const forged = new TestLog(log.origin, log.signers).grow(310, 7);
    await expect(files.write(forged)).rejects.toThrow(
      /holds another history: its 300 entries are not the first of the log/,
    );
    expect((await files.verify(log)).exitCode).toBe(0);
  });

  it('holds exactly the files of the layout', async () => {
    const log = new TestLog().grow(300);
    await files.write(log);
    const written = readdirSync(files.path('log'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(files.path('log/').length))
      .sort();
    const tile = (level: number | 'entries', index: number, width: number) =>
      tilePath({ level, index, width });
    expect(written).toEqual(
      [
        'checkpoint',
        'key',
        tile(0, 0, 256),
        tile(0, 1, 44),
        tile(1, 0, 1),
        tile('entries', 0, 256),
        tile('entries', 1, 44),
      ].sort(),
    );
    expect(readFileSync(files.path('log', tile('entries', 1, 44)))).toEqual(
      encodeBundle(log.data.slice(256)),
    );
  });
});
