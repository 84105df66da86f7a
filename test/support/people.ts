import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import type { Steward } from '#client';
import { administrator, type StewardProcess, unique } from './steward-process.js';
import { until } from './until.js';

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** A client that is logged in as this person. */
  readonly client: Steward;
}

/** Registers somebody the whole way: the form, the mail, the link, the login. */
export async function register(steward: StewardProcess): Promise<Person> {
  const email = `${unique('ada')}@example.com`;
  const name = `${unique('Ada')} Lovelace`;
  const password = unique('a long enough password');
  const anonymous = steward.client();
  await anonymous.registerAccount({ body: { email, password, name }, throwOnError: true });
  const token = await tokenFromMail(steward, email);
  const { data } = await anonymous.verifyEmail({ body: { token }, throwOnError: true });
  return { id: data.userId, name, ...(await logIn(steward, { email, password })) };
}

export async function logIn(
  steward: StewardProcess,
  { email, password }: { email: string; password: string },
) {
  const { data } = await steward.client().logIn({ body: { email, password }, throwOnError: true });
  const { accessToken, refreshToken } = data;
  return { email, password, accessToken, refreshToken, client: steward.client(accessToken) };
}

export async function logInAsAdministrator(steward: StewardProcess): Promise<Steward> {
  return (await logIn(steward, administrator)).client;
}

/** The `token=` of the newest mail to an address, once it has been written. */
export async function tokenFromMail({ mailDir }: StewardProcess, address: string): Promise<string> {
  return until(`a mail to ${address}`, async () => {
    for (const file of (await readdir(mailDir).catch(() => []))
      .filter((name) => name.endsWith('.eml'))
      .sort()
      .reverse()) {
      const mail = await PostalMime.parse(await readFile(join(mailDir, file)));
      const token = /[?&]token=([^\s&"]+)/.exec(mail.text ?? '')?.[1];
      if (mail.to?.some((to) => to.address === address) && token !== undefined)
        return decodeURIComponent(token);
    }
    return undefined;
  });
}
