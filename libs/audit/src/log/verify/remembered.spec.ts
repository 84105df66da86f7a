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
    expect(report).toMatch(
      /- rewritten: The first 300 entries of log log\.example are not those that you remember/,
    );
    expect(exitCode).toBe(1);
    expect(readFileSync(files.memory, 'utf8')).toBe(log.signed());
  });

  it('shows that the last entry was replaced, at the same size', async () => {
    const log = new TestLog().grow(300);
    await files.write(log);
    await files.verify(log);
    await files.write(new TestLog(log.origin, log.signers).grow(299).grow(1, 5000), 'forged');
    expect((await files.verify(log, 'forged')).report).toMatch(/- rewritten: The first 300 entries/);
  });

  it('shows that the log was truncated or an old database restored', async () => {
    const log = new TestLog().grow(300);
    await files.write(log, 'old');
    await files.write(log.grow(1));
    await files.verify(log);
    expect((await files.verify(log, 'old')).report).toMatch(
      /- truncated: Log log\.example has 300 entries; you remember 301 entries: the last were removed, or an old database was restored/,
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
      /- rewritten: Log log\.example cannot be compared with what you remember: .*tile\/0\/001 is/,
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
    new TestLog(`${old.origin}/2`, [old.signers[0]!.named(`${old.origin}/2`)]).append([
      originLeaf({ previous, startedAt }),
      someLeaf(1),
    ]);

  const write = async (old: TestLog | undefined, log: TestLog) => {
    rmSync(files.path('log'), { recursive: true, force: true });
    if (old) await files.write(old);
    await files.write(log, 'log/2');
  };
  const remembering = async (log: TestLog) => {
    await files.write(log);
    await files.verify(log);
    return log;
  };

  it('is found below the old one, by the same keys, and verified with it', async () => {
    const old = await remembering(new TestLog().grow(300));
    const log = restarted(old, old.signed());
    await expect(files.write(log)).rejects.toThrow(/holds the log log\.example, not log\.example\/2/);
    await write(old, log);
    const { exitCode, report } = await files.verify(old);
    expect(report).toMatch(/Log +log\.example\/2\n[^]*Log +log\.example\n/);
    expect(report).toContain('VERIFIED: nothing is wrong.');
    expect(exitCode).toBe(0);
    expect(readFileSync(files.memory, 'utf8')).toBe(`${log.signed()}\n${old.signed()}`);
    expect((await files.verify(old, 'log/2')).exitCode).toBe(0);
  });

  it('does not make up for what the old one lost, which is told until it is accepted', async () => {
    const old = new TestLog().grow(290);
    const full = await remembering(new TestLog(old.origin, old.signers).grow(300));
    const log = restarted(old, full.signed());
    await write(old, log);
    const words =
      /1 thing is wrong\.\n- restored: Entries 290 to 299 of log log\.example are gone and cannot be compared: it has 290 entries, and you remember 300 entries, and log log\.example\/2 continues it from 300 entries\. The/;
    const told = { exitCode: 1, report: expect.stringMatching(words) };
    expect(await files.verify(old)).toEqual(told);
    expect(await files.verify(old)).toEqual(told);
    expect((await files.verify(old, 'log', { acceptRestore: true })).exitCode).toBe(0);
    const { exitCode, report } = await files.verify(old);
    expect([exitCode, report]).toEqual([
      0,
      expect.stringMatching(/Note +Entries 290 to 299 .* was accepted/),
    ]);
    await write(new TestLog(old.origin, old.signers).grow(289), log);
    expect((await files.verify(old)).report).toMatch(/- restored: Entries 289 to 299 .*you remember 290/);
    await write(new TestLog(old.origin, old.signers).grow(290, 1), log);
    expect((await files.verify(old, 'log', { acceptRestore: true })).report).toMatch(
      /- rewritten: The first 290 entries of log log\.example are not those that you remember/,
    );
  });

  it('is told apart from one that continues another history, also when nothing is left to compare', async () => {
    const old = await remembering(new TestLog().grow(300));
    const other = new TestLog(old.origin, old.signers).grow(300, 1);
    const log = restarted(old, other.signed());
    await write(old, log);
    expect((await files.verify(old)).report).toMatch(
      /1 thing is wrong\.\n- rewritten: The first 300 entries of log log\.example are not those that log log\.example\/2 continues/,
    );
    await write(new TestLog(old.origin, old.signers).grow(7), log);
    const { report } = await files.verify(old, 'log', { acceptRestore: true });
    expect(report).toMatch(/1 thing is wrong\.\n- rewritten: There are two histories of log log\.example/);
    await write(undefined, log);
    expect((await files.verify(old, 'log/2')).report).toMatch(
      /- restored: Entries 0 to 299 of log log\.example are gone and cannot be compared: it is not there/,
    );
  });

  it.each([
    ['what nobody signed', (old: TestLog) => old.signed([newSigner(old.origin)]), /No trusted key signed/],
    ['itself', () => new TestLog('log.example/2').signed(), /No trusted key signed/],
    ['a stranger', () => new TestLog('other.example').signed(), /No trusted key signed/],
    ['no checkpoint', () => 'nothing', /The note has no signatures/],
  ])('is reported when it continues %s', async (_name, previous, words) => {
    const old = new TestLog().grow(300);
    await write(old, restarted(old, previous(old)));
    const { report } = await files.verify(old);
    expect(report).toMatch(
      /1 thing is wrong\.\n- other_log: Log log\.example\/2 does not say what it continues/,
    );
    expect(report).toMatch(words);
  });

  it('is reported when it continues none, and when its first leaf is not what was logged', async () => {
    const old = new TestLog().grow(300);
    const log = new TestLog('log.example/2', [newSigner('log.example/2')]).grow(3);
    await write(old, log);
    const verify = () => files.verify(old, 'log', { key: [...old.vkeys, ...log.vkeys] });
    expect((await verify()).report).toMatch(/- other_log: .*: it does not continue another log/);
    log.data[0] = originLeaf({ previous: old.signed(), startedAt });
    await write(old, log);
    expect((await verify()).report).toMatch(/- other_log: .*: its first leaf is not what was logged/);
  });

  it('is compared with what is remembered of the old one by whoever may not see its entries', async () => {
    const old = await remembering(new TestLog().grow(300));
    const log = restarted(old, old.signed());
    log.isOpen = false;
    await write(old, log);
    const { exitCode, report } = await files.verify(old);
    expect(report).toMatch(
      /Note +What log log\.example\/2 continues cannot be read, and is not checked: the bundle/,
    );
    expect(exitCode).toBe(0);
    await write(new TestLog(old.origin, old.signers).grow(299), log);
    rmSync(files.memory);
    await files.write(old, 'old');
    await files.verify(old, 'old');
    expect((await files.verify(old)).report).toMatch(/- restored: Entry 299 of log log\.example is gone/);
  });

  it('must not be gone when it is remembered', async () => {
    const old = new TestLog().grow(300);
    await write(old, restarted(old, old.signed()));
    expect((await files.verify(old)).exitCode).toBe(0);
    rmSync(files.path('log/2'), { recursive: true });
    expect((await files.verify(old)).report).toMatch(
      /- truncated: You remember 2 entries of log log\.example\/2, and the newest log here is log\.example: it was/,
    );
    const other = new TestLog('other.example').grow(1);
    await files.write(other, 'other');
    expect((await files.verify(other, 'other')).report).toMatch(
      /- other_log: You remember the log log\.example/,
    );
  });

  it('is known by the key of the old one', async () => {
    const old = new TestLog().grow(3);
    const log = restarted(old, old.signed());
    expect(log.vkeys).not.toEqual(old.vkeys);
    await write(old, Object.assign(log, { signers: [newSigner(log.origin)] }));
    expect((await files.verify(old)).report).toMatch(
      /- checkpoint: The checkpoint of log log\.example\/2 is not to be believed: No trusted key signed the note/,
    );
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
    expect(report).toMatch(
      /checkpoint: The checkpoint of log log\.example is not to be believed: No trusted key/,
    );
  });

  it('of a stranger is not trusted because it once signed beside that of the log', async () => {
    const log = new TestLog().grow(3);
    const stranger = newSigner(log.origin);
    const cosigned = Object.assign(new TestLog(log.origin, log.signers).grow(3), {
      checkpoint: async () => Buffer.from(log.signed([...log.signers, stranger])),
    });
    await files.write(cosigned);
    expect((await verifyAudit({ dir: files.path('log'), remember: files.memory })).exitCode).toBe(0);
    expect(readFileSync(files.memory, 'utf8')).toBe(log.signed());
    await files.write(new TestLog(log.origin, [stranger]).grow(4), 'forged');
    const { report } = await verifyAudit({ dir: files.path('forged'), remember: files.memory });
    expect(report).toMatch(
      /1 thing is wrong\.\n- key_changed: No key that the log shows .* signed the checkpoint/,
    );
  });

  it('that was replaced is still that of a log which it signed', async () => {
    const [first, second] = [newSigner('log.example'), newSigner('log.example')];
    const old = new TestLog('log.example', [first]).grow(3);
    const log = new TestLog('log.example/2', [first.named('log.example/2')]).append([
      originLeaf({ previous: old.signed(), startedAt: '2026-02-03 04:05:06' }),
    ]);
    const request = { dir: files.path('log'), remember: files.memory };
    const turns = [[first], [second, first], [second]];
    for (const signers of turns) {
      await files.write(old);
      await files.write(
        Object.assign(log.grow(1), { signers: signers.map((signer) => signer.named(log.origin)) }),
        'log/2',
      );
      const { exitCode, report } = await verifyAudit(request);
      expect(exitCode, report).toBe(0);
      expect(report.includes('Note         The log shows a new key, which signs')).toBe(signers.length === 2);
    }
    rmSync(files.memory);
    const { report } = await verifyAudit(request);
    expect(report).toMatch(
      /2 things are wrong\.\n- other_log: .* does not say what it continues: No trusted key signed .*can be given with --key/,
    );
    const key = [first.vkey, second.vkey];
    expect((await verifyAudit({ ...request, key })).exitCode).toBe(0);
  });

  it('that is given must be one', async () => {
    const request = { dir: files.dir, key: ['log.example+00000000+AAAA'] };
    expect(await verifyAudit(request)).toMatchObject({ exitCode: 2 });
  });
});
