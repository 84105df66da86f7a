import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
import { type ConfigOf, InjectConfig } from '../config/define-config.js';
import { kernelConfig, type KernelConfig } from '../config/kernel.config.js';
import { Clock } from '../time/clock.js';
import { mailConfig } from './mail.config.js';

export interface Mail {
  /** The user id of who gets it, by which {@link Mailer.forget} finds it again. */
  readonly person: string;
  /** One address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const TIMEOUT_MS = 10_000;

/** Hands mail over, by SMTP or as `.eml` files in DATA_DIR/mail, as MAIL_URL says. Never call it inside a unit of work. */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private transport: Promise<Transporter> | undefined;

  constructor(
    @InjectConfig(mailConfig) private readonly config: ConfigOf<typeof mailConfig>,
    @InjectConfig(kernelConfig) private readonly kernel: KernelConfig,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the server has taken the mail, or the file is whole on disk; rejects otherwise. */
  async send(mail: Mail): Promise<void> {
    this.transport ??= openTransport(this.config.url);
    const transport = await this.transport;
    const sent = (await transport.sendMail({
      from: this.config.from,
      // As an object the address is taken as it stands: a comma in it does not add a second reader.
      to: { name: '', address: mail.to },
      subject: mail.subject,
      text: mail.text,
      date: this.clock.now(),
      // Receivers must not answer machine mail with machine mail (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated' },
    })) as { message?: Buffer };
    if (this.config.url === undefined) await this.keep(mail.person, sent.message ?? Buffer.alloc(0));
  }

  /** Deletes the `.eml` files of an erased person. What SMTP has taken is out of reach. */
  async forget(person: string): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names)
      if (name.includes(`-${person}-`)) await rm(join(this.folder, name), { force: true });
  }

  async onApplicationShutdown(): Promise<void> {
    (await this.transport)?.close();
  }

  /** Written beside and renamed, so that whoever watches the folder sees whole mails only. */
  private async keep(person: string, message: Buffer): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const name = `${this.clock.now().toISOString().replaceAll(':', '-')}-${person}-${randomUUID()}`;
    const unfinished = join(this.folder, `.${name}.tmp`);
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(message);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, join(this.folder, `${name}.eml`));
  }

  private get folder(): string {
    return join(this.kernel.dataDir, 'mail');
  }
}

/** Loaded when the first mail goes out, for it is large and most processes send none. */
async function openTransport(url: string | undefined): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  if (url === undefined) {
    const files = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
    // The text stands in the file as it is, so that whoever opens it can copy the link. SMTP breaks long lines.
    return files.use('stream', ({ message }, done) => {
      message.getTransferEncoding = () => '8bit';
      done();
    });
  }
  return createTransport(
    {
      url,
      pool: true,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
    },
    { disableFileAccess: true, disableUrlAccess: true },
  );
}
