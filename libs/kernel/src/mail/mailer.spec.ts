import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { type BootedModule, bootTestModule } from '#kernel/testing';
import { Mailer } from './mailer.js';

const MAIL = {
  person: 'usr_01h455vb4pex5vsknk084sn02q',
  to: 'zoë@example.com',
  subject: 'Grüße — 你好',
  text: 'Your link: https://app/verify?token=abc\n\n.\nEnd',
};

describe('the mailer', () => {
  let booted: BootedModule;
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await booted.close();
    for (const close of closers.splice(0)) await close();
  });
  const boot = async (environment: Record<string, string>) => {
    booted = await bootTestModule({ dialect: 'sqlite', nullPorts: true, environment });
    return booted.get(Mailer);
  };

  it('writes whole .eml files that only the owner may read, named after the time and no address', async () => {
    const mailer = await boot({ MAIL_FROM: 'Shop <shop@example.com>' });
    await Promise.all([mailer.send(MAIL), mailer.send(MAIL)]);
    const folder = join(booted.database.dataDir, 'mail');
    const names = await readdir(folder);
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toMatch(/^[\dTZ.-]+-usr_[a-z0-9]{26}-[0-9a-f-]{36}\.eml$/);
    const path = join(folder, names[0] ?? '');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const mail = await PostalMime.parse(await readFile(path));
    expect(mail).toMatchObject({
      from: { address: 'shop@example.com', name: 'Shop' },
      to: [{ address: MAIL.to }],
      subject: MAIL.subject,
    });
    expect(mail.text?.trim()).toBe(MAIL.text);
    expect(mail.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });

  it('writes a link in one piece, so that whoever opens the file can copy it', async () => {
    const mailer = await boot({ MAIL_URL: 'file:' });
    const link = `https://app.example/verify?token=${'abc-'.repeat(50)}`;
    await mailer.send({ ...MAIL, text: `Grüße!\n\n${link}\n` });
    const folder = join(booted.database.dataDir, 'mail');
    const file = await readFile(join(folder, (await readdir(folder))[0] ?? ''), 'utf8');
    expect(file.split('\n')).toContain(link);
    expect((await PostalMime.parse(file)).text).toBe(`Grüße!\n\n${link}\n`);
  });

  it('forgets the files of one person, and nobody else', async () => {
    const mailer = await boot({ MAIL_URL: 'file:' });
    await mailer.forget(MAIL.person);
    await Promise.all([mailer.send(MAIL), mailer.send(MAIL), mailer.send({ ...MAIL, person: 'usr_other' })]);
    await mailer.forget(MAIL.person);
    const names = await readdir(join(booted.database.dataDir, 'mail'));
    expect(names).toEqual([expect.stringContaining('-usr_other-')]);
  });

  it('sends to one address only, whatever the address looks like', async () => {
    const mailer = await boot({});
    await mailer.send({ ...MAIL, to: 'a@example.com, b@example.com\r\nBcc: c@example.com' });
    const folder = join(booted.database.dataDir, 'mail');
    const [name = ''] = await readdir(folder);
    const mail = await PostalMime.parse(await readFile(join(folder, name)));
    expect([mail.bcc ?? [], mail.cc ?? []]).toEqual([[], []]);
    expect(mail.to ?? []).toHaveLength(1);
  });

  it('hands mail to an SMTP server, with its login, and fails when the server refuses', async () => {
    const received: { user: string | undefined; recipients: string[]; content: string }[] = [];
    const server = new SMTPServer({
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username, password }, _session, callback) =>
        password === 's3cret' ? callback(null, { user: username }) : callback(new Error('no')),
      onRcptTo: ({ address }, _session, callback) =>
        address.startsWith('nobody') ? callback(new Error('no such mailbox')) : callback(),
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          const recipients = session.envelope.rcptTo.map(({ address }) => address);
          received.push({ user: session.user, recipients, content: Buffer.concat(chunks).toString() });
          callback();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.server.address() as AddressInfo;
    const mailer = await boot({ MAIL_URL: `smtp://steward:s3cret@127.0.0.1:${port}` });
    await mailer.send({ ...MAIL, to: 'zoe@example.com' });
    expect(received).toMatchObject([{ user: 'steward', recipients: ['zoe@example.com'] }]);
    const mail = await PostalMime.parse(received[0]?.content ?? '');
    expect([mail.subject, mail.text?.trim()]).toEqual([MAIL.subject, MAIL.text]);
    await expect(mailer.send({ ...MAIL, to: 'nobody@example.com' })).rejects.toThrow(/no such mailbox/);
    await expect(readdir(join(booted.database.dataDir, 'mail'))).rejects.toThrow(/ENOENT/);
  });
});
