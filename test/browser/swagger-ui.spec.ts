import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineBinary, engines, isRequired } from '#kernel/testing';
import { administrator, StewardProcess } from '../support/steward-process.js';

const binary = engineBinary('chromium');
const needs = `needs: ${engines.chromium.install}`;
if (binary === undefined && isRequired('chromium')) throw new Error(`Swagger UI in a browser ${needs}`);
const title = binary === undefined ? `Swagger UI in a browser — ${needs}` : 'Swagger UI in a browser';

describe.runIf(binary !== undefined)(title, () => {
  let steward: StewardProcess;

  beforeAll(async () => {
    steward = await StewardProcess.start({ dialect: 'sqlite' });
  });

  afterAll(async () => {
    await steward?.stop();
  });

  it('logs in with a token and calls a route', async () => {
    const browser = await chromium.launch({
      executablePath: binary!,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await page.goto(`${steward.baseUrl}/docs`);

      const answer = await execute(page, 'logIn', JSON.stringify(administrator));
      const { accessToken } = JSON.parse(answer) as { accessToken: string };
      await page.locator('.auth-wrapper button.authorize').first().click();
      await page.locator('.modal-ux input').first().fill(accessToken);
      await page.locator('.modal-ux button.authorize').click();
      await page.locator('.modal-ux button.btn-done').click();

      expect(JSON.parse(await execute(page, 'getMyProfile'))).toMatchObject({ email: administrator.email });
      // A list is tried out without the examples of its filters.
      expect(JSON.parse(await execute(page, 'listUsers'))).toMatchObject({
        items: [{ email: administrator.email }],
      });
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

/** Tries a route out as a reader of the page would, and gives the body that it shows. */
async function execute(page: Page, operation: string, body?: string): Promise<string> {
  const block = page.locator(`[id$="-${operation}"].opblock`);
  await block.locator('.opblock-summary-control').click();
  await block.locator('.try-out__btn').click();
  if (body !== undefined) await block.locator('textarea.body-param__text').fill(body);
  await block.locator('button.execute').click();
  const shown = block.locator('.live-responses-table .response-col_description .highlight-code').first();
  await shown.waitFor();
  return (await shown.locator('code, pre').first().textContent()) ?? '';
}
