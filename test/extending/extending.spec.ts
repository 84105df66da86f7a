import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { logIn, type Person, register } from '../support/people.js';
import { administrator, StewardProcess } from '../support/steward-process.js';
import { until } from '../support/until.js';
import { CopiedRepository } from './copied-repository.js';
import { blocksOf } from './document.js';

const page = 'docs/extending.md';
const blocks = blocksOf(page);

/** The parts of answers that the test looks into. */
interface Answer {
  readonly id: string;
  readonly items: readonly { readonly id: string }[];
  readonly nextCursor: string | null;
  readonly categories: readonly { readonly category: string; readonly records: readonly object[] }[];
}

/** What the page shows as an answer; ids and times are written as `inv_…` and `…` there. */
function shown(title: string): unknown {
  const block = blocks.find((each) => each.language === 'json' && each.title === title);
  return JSON.parse(block?.text ?? 'null');
}

const asShown = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer)
      .replaceAll(/\b([a-z]{2,8})_[0-7][0-9a-z]{25}\b/g, '$1_…')
      .replaceAll(/"\d{4}-\d\d-\d\d[T ][\d:.]+Z?"/g, '"…"'),
  );

describe(page, () => {
  let copy: CopiedRepository;

  beforeAll(async () => {
    copy = new CopiedRepository();
    copy.follow(blocks);
    const built = await copy.run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json']);
    if (built.code !== 0) throw new Error(`The page does not compile:\n${built.output}`);
  }, 300_000);
  afterAll(() => copy?.remove());

  it('gives a room that formatter, linter, architecture and its own test accept', async () => {
    const format = await copy.run('node_modules/prettier/bin/prettier.cjs', ['--check', 'libs/invoices']);
    expect(format.output).toContain('All matched files');
    const lint = await copy.run('node_modules/oxlint/bin/oxlint', ['libs/invoices']);
    expect(lint).toMatchObject({ code: 0 });
    expect(await copy.run('dist/apps/cli/src/main.js', ['openapi', 'openapi.json'])).toMatchObject({
      code: 0,
    });
    const document = await copy.run('node_modules/@redocly/cli/bin/cli.js', ['lint', 'openapi.json']);
    expect(document).toMatchObject({ code: 0 });
    const options = [
      'run',
      '--project=rooms',
      '--update=all',
      '--testNamePattern=invoices|the rooms|the data|every setting|openapi.json',
    ];
    const specs = ['libs/invoices', 'test/architecture.spec.ts', 'test/openapi.spec.ts'];
    const tests = await copy.run('node_modules/vitest/vitest.mjs', [...options, ...specs]);
    expect(tests.output).not.toContain('FAIL');
    expect(tests.code).toBe(0);
  }, 300_000);

  describeOnEveryDialect('the room', (dialect) => {
    let steward: StewardProcess;
    let admin: string;
    let ada: Person;
    let order: object;
    let invoiceId: string;

    async function call(method: string, path: string, token?: string, body?: object, key?: string) {
      const answer = await fetch(steward.baseUrl + path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Answer };
    }

    beforeAll(async () => {
      steward = await StewardProcess.start({ dialect, directory: copy.root });
      admin = (await logIn(steward, administrator)).accessToken;
      ada = await register(steward);
      order = {
        customerId: ada.id,
        amount: 12500,
        currency: 'EUR',
        description: 'Consulting, November',
        billTo: 'Ada Lovelace',
        note: 'Thank you, Ada!',
      };
    });
    afterAll(() => steward?.stop());

    it('lets nobody in without a token, and nobody issue without the permission', async () => {
      expect(await call('POST', '/v1/invoices', undefined, order, 'k')).toMatchObject({ status: 401 });
      expect(await call('POST', '/v1/invoices', ada.accessToken, order, 'k')).toMatchObject({ status: 403 });
      expect(await call('GET', '/v1/invoices', ada.accessToken)).toMatchObject({ status: 403 });
    });

    it('issues an invoice once for each key, and reads it back', async () => {
      const issued = await call('POST', '/v1/invoices', admin, order, 'first');
      expect(issued).toMatchObject({ status: 201, body: order });
      expect(await call('POST', '/v1/invoices', admin, order, 'first')).toEqual(issued);
      invoiceId = issued.body.id;
      expect(await call('GET', `/v1/invoices/${invoiceId}`, admin)).toEqual({ ...issued, status: 200 });
    });

    it('refuses what the DTO does not allow', async () => {
      const { status, body } = await call('POST', '/v1/invoices', admin, { ...order, amount: 0 }, 'zero');
      expect(status).toBe(400);
      expect(body).toMatchObject({ errors: [{ pointer: '/amount' }] });
    });

    it('lists invoices page by page', async () => {
      for (const key of ['second', 'third']) await call('POST', '/v1/invoices', admin, order, key);
      const first = await call('GET', '/v1/invoices?limit=2', admin);
      expect(first.body.items).toHaveLength(2);
      const rest = await call('GET', `/v1/invoices?limit=2&cursor=${first.body.nextCursor ?? ''}`, admin);
      expect(rest.body).toMatchObject({ items: [{ id: invoiceId }], nextCursor: null });
    });

    it('writes to the customer', async () => {
      const mail = await until('the mail about the invoice', async () => {
        // The mailer writes a mail beside and renames it: what is not called .eml may be gone when it is read.
        const files = (await readdir(steward.mailDir)).filter((name) => name.endsWith('.eml'));
        const mails = await Promise.all(files.map((file) => readFile(join(steward.mailDir, file), 'utf8')));
        return mails.find((each) => each.includes(invoiceId));
      });
      expect(mail).toContain(ada.email);
    });

    it('has the invoice on the record, sealed, and who read it', async () => {
      const entries = '/v1/admin/audit/entries';
      const found = await call('GET', `${entries}?action=invoice.issue&resource=invoice:${invoiceId}`, admin);
      const entry = await call('GET', `${entries}/${found.body.items[0]!.id}`, admin);
      expect(asShown(entry.body)).toMatchObject(shown('GET /v1/admin/audit/entries/{id}') as object);
      const reveals = await call('GET', `${entries}?action=vault.reveal&subject=${ada.id}`, admin);
      expect(reveals.body.items[0]).toMatchObject({ purpose: 'invoices.billing', outcome: 'succeeded' });
    });

    it('is in the export of the person', async () => {
      const { body } = await call('GET', '/v1/users/me/export', ada.accessToken);
      const category = body.categories.find((each) => each.category === 'invoice')!;
      expect(category.records).toHaveLength(3);
      expect(asShown({ ...category, records: category.records.slice(0, 1) })).toMatchObject(
        shown('GET /v1/users/me/export') as object,
      );
    });

    it('loses the person when they are erased, and keeps what the law keeps', async () => {
      expect(await call('POST', '/v1/users/me/erasure', ada.accessToken)).toMatchObject({ status: 200 });
      const { body } = await call('GET', `/v1/invoices/${invoiceId}`, admin);
      expect(asShown(body)).toEqual(shown('GET /v1/invoices/{id}'));
    });
  });

  it.each(blocks.filter(({ language }) => language === 'text'))(
    'stops the boot: $title',
    async ({ title, text }) => {
      const [, line = '', path = ''] = /^(.+) left out in (.+)$/.exec(title) ?? [];
      const restore = copy.leaveOut(line, path);
      try {
        const started = StewardProcess.start({ dialect: 'sqlite', directory: copy.root });
        await expect(started).rejects.toThrow(text.trim());
      } finally {
        restore();
      }
    },
  );
});
