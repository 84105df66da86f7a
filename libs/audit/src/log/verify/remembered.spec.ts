import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFiles } from '../../testing/log-files.js';
import { newSigner, someLeaf, TestLog } from '../../testing/test-log.js';
import { originLeaf } from '../leaf/leaf.js';
import { verifyAudit } from './verify-audit.js';

let files: LogFiles;
beforeEach(() => {
  files = new LogFiles();
});
afterEach(() => files.remove());

describe('what is remembered', () => {
  it('shows that the tail was rewritten and signed again', async () => {
    const log = new TestLog().grow(300);
    await files.write(log);
    await files.verify(log);
    const forged = new TestLog(log.origin, log.signers).grow(280).grow(40, 5000);
    await files.write(forged, 'forged');
    const { exitCode, report } = await files.verify(log, 'forged');
    expect(report).toMatch(/- rewritten: The log's first 300 entries are not those that you remember/);
    expect(exitCode).toBe(1);
    expect(readFileSync(files.memory, 'utf8')).toBe(log.signed());
  });

  it('shows that the last entry was replaced, at the same size', async () => {
    const log = new TestLog().grow(300);
    await files.write(log);
    await files.verify(log);
    await files.write(new TestLog(log.origin, log.signers).grow(299).grow(1, 5000), 'forged');
    expect((await files.verify(log, 'forged')).report).toMatch(/- rewritten: The log's first 300 entries/);
  });

  it('shows that the log was truncated or an old database restored', async () => {
    const log = new TestLog().grow(300);
    await files.write(log, 'old');
    await files.write(log.grow(1));
    await files.verify(log);
    expect((await files.verify(log, 'old')).report).toMatch(
      /- truncated: The log has 300 entries; you remember 301 entries: the last were removed, or an old database was restored/,
    );
    rmSync(files.path('old/checkpoint'));
    expect((await files.verify(log, 'old')).report).toMatch(/- truncated: The log has no checkpoint/);
  });

  it('says so when missing tiles keep it from being compared', async () => {
    const log = new TestLog().grow(300);
    await files.write(log);
    await files.verify(log);
    await files.write(log.grow(300));
    rmSync(files.path('log/tile/0/001'));
    expect((await files.verify(log)).report).toMatch(
      /- rewritten: The log cannot be compared.*tile\/0\/001 is/,
    );
  });

  it('is not touched when the log cannot be read, and a broken files.memory is said', async () => {
    const log = new TestLog().grow(3);
    expect(await files.verify(log)).toEqual({
      exitCode: 2,
      report: expect.stringMatching(/NOTHING VERIFIED: .*has no checkpoint/),
    });
    await files.write(log);
    writeFileSync(files.memory, 'broken');
    expect((await files.verify(log)).exitCode).toBe(2);
    expect(readFileSync(files.memory, 'utf8')).toBe('broken');
  });
});

describe('a log that was begun after a restore', () => {
  const startedAt = '2026-02-03 04:05:06';
  const restarted = (old: TestLog, previous: string) =>
    new TestLog(`${old.origin}/2`, [newSigner(`${old.origin}/2`)]).append([
      originLeaf({ previous, startedAt }),
      someLeaf(1),
    ]);

  it('is accepted with its own key when it continues exactly what is remembered', async () => {
    const old = new TestLog().grow(300);
    await files.write(old);
    await files.verify(old);
    const log = restarted(old, old.signed());
    await expect(files.write(log)).rejects.toThrow(/holds the log log\.example, not log\.example\/2/);
    await files.write(log, 'new');
    const { exitCode, report } = await files.verify(log, 'new');
    expect(report).toMatch(/continues log\.example from 300 entries: exactly what you remember/);
    expect(exitCode).toBe(0);
  });

  it.each([
    ['lost', 290, /other_log: .*You remember 300 entries: those from 290 to 299 are lost/],
    ['went on unseen', 310, /other_log: .*Verify a copy of the old log at that size first/],
  ])('is reported when entries were %s', async (_name, size, words) => {
    const old = new TestLog().grow(300);
    await files.write(old);
    await files.verify(old);
    const log = restarted(old, new TestLog(old.origin, old.signers).grow(size).signed());
    await files.write(log, 'new');
    expect(await files.verify(log, 'new')).toEqual({ exitCode: 1, report: expect.stringMatching(words) });
  });

  it('is reported when it continues a rewritten history, or none, or does not show what', async () => {
    const old = new TestLog().grow(300);
    await files.write(old);
    await files.verify(old);
    const forged = restarted(old, new TestLog(old.origin, old.signers).grow(300, 1).signed());
    await files.write(forged, 'forged');
    expect((await files.verify(forged, 'forged')).report).toMatch(/old log's history was rewritten/);
    const other = new TestLog('log.example/2').grow(3);
    await files.write(other, 'other');
    expect((await files.verify(other, 'other')).report).toMatch(/it does not continue another log/);
    forged.isOpen = false;
    await files.write(forged, 'closed');
    expect((await files.verify(forged, 'closed')).report).toMatch(
      /the bundle of its first leaves is missing/,
    );
  });

  it('is reported when what it says to continue was never logged', async () => {
    const old = new TestLog().grow(300);
    await files.write(old);
    await files.verify(old);
    const log = new TestLog('log.example/2').grow(3);
    log.data[0] = originLeaf({ previous: old.signed(), startedAt });
    await files.write(log, 'new');
    expect((await files.verify(log, 'new')).report).toMatch(
      /other_log: .*its first leaf is not what was logged/,
    );
  });

  it('is known by the key of the old one', async () => {
    const old = new TestLog().grow(3);
    const log = restarted(old, old.signed());
    expect(log.vkeys).not.toEqual(old.vkeys);
    const same = new TestLog(log.origin, [old.signers[0]!]);
    await files.write(same.grow(2), 'new');
    expect((await files.verify(old, 'new')).report).toMatch(/No trusted key signed the note/);
  });
});

describe('the key', () => {
  it('is taken from the log when none is given, which the report says', async () => {
    const log = new TestLog().grow(3);
    await files.write(log);
    const { exitCode, report } = await verifyAudit({ dir: files.path('log') });
    expect([exitCode, report]).toEqual([0, expect.stringMatching(/Note .*The key was taken from the log/)]);
  });

  it('may turn with overlap, and is missed when it turned without', async () => {
    const [first, second] = [newSigner('log.example'), newSigner('log.example')];
    const request = { dir: files.path('log'), remember: files.memory };
    const states: [readonly (typeof first)[], number][] = [
      [[first], 0],
      [[second, first], 0],
      [[second], 0],
      [[newSigner('log.example')], 1],
    ];
    const log = new TestLog().grow(3);
    for (const [signers, exitCode] of states) {
      await files.write(Object.assign(log.grow(1), { signers }));
      const verdict = await verifyAudit(request);
      expect(verdict.exitCode, verdict.report).toBe(exitCode);
      if (exitCode === 1) expect(verdict.report).toContain('key_changed: No key that the log shows');
    }
  });

  it('of a stranger is not enough for what is remembered', async () => {
    const log = new TestLog().grow(3);
    await files.write(log);
    await files.verify(log);
    // Whoever holds the database but not the key shows both keys, and signs with the own one.
    const stranger = newSigner(log.origin);
    const forged = Object.assign(new TestLog(log.origin, [...log.signers, stranger]).grow(4), {
      checkpoint: async () => Buffer.from(forged.signed([stranger])),
    });
    await files.write(forged, 'forged');
    const { report } = await verifyAudit({ dir: files.path('forged'), remember: files.memory });
    expect(report).toMatch(/checkpoint: The checkpoint is not to be believed: No trusted key signed/);
  });

  it('that is given must be one', async () => {
    const request = { dir: files.dir, key: ['log.example+00000000+AAAA'] };
    expect(await verifyAudit(request)).toMatchObject({ exitCode: 2 });
  });
});
