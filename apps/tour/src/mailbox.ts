import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The token in the link of the mail to `address`, once it lies in the folder where development mail is written. */
export async function tokenFromMail(mailDir: string, address: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const files = (await readdir(mailDir).catch(() => [])).filter((name) => name.endsWith('.eml'));
    for (const file of files) {
      // Long lines of a quoted-printable mail are broken by "=" at the end of a line.
      const mail = (await readFile(join(mailDir, file), 'utf8')).replace(/=\r?\n/g, '').replace(/=3D/g, '=');
      const token = /[?&]token=([\w.~-]+)/.exec(mail)?.[1];
      if (mail.includes(address) && token !== undefined) return token;
    }
    await delay(50);
  }
  throw new Error(`No mail to ${address} came to ${mailDir}.`);
}
