import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import {
  bodies,
  fitting,
  nasty,
  type OpenApiDocument,
  type Operation,
  type Route,
  routesOf,
} from '../support/openapi.js';
import { administrator, StewardProcess } from '../support/steward-process.js';
import { type Inspector, inspect } from '../support/tables.js';

const RUNS_PER_ROUTE = 25;
// What a refused request may write: its audit entry, messages about it, and counters of attempts.
const MAY_CHANGE = /^(audit_|row_change|outbox_|rate_limit|sqlite_)/;
// These routes end the session they are called with.
const ENDS_SESSION = /erasure|logout|sessions/i;

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

describeOnEveryDialect('bad input', (dialect) => {
  let steward: StewardProcess;
  let inspector: Inspector;
  let document: OpenApiDocument;
  let token: string;

  beforeAll(async () => {
    steward = await StewardProcess.start({ dialect, environment: { BACKGROUND: 'off' } });
    inspector = await inspect(steward.database);
    document = (await (await fetch(`${steward.baseUrl}/openapi.json`)).json()) as OpenApiDocument;
    token = await login();
    // The first refusals make the keys under which audit entries keep client addresses; later ones find them there.
    const asNobodyAndAdministrator: Record<string, string>[] = [{}, { authorization: `Bearer ${token}` }];
    for (const headers of asNobodyAndAdministrator) {
      await fetch(`${steward.baseUrl}/v1/admin/users/usr_00000000000000000000000000`, { headers });
      await fetch(`${steward.baseUrl}/v1/payments/pay_01h455vb4pex5vsknk084sn02q/cancel`, {
        method: 'POST',
        headers,
      });
    }
  });

  afterAll(async () => {
    await inspector?.close();
    await steward?.stop();
  });

  it('is answered with a problem on every route, and changes nothing', async () => {
    const routes = routesOf(document);
    expect(routes.length).toBeGreaterThan(20);
    for (const route of routes) {
      await fc.assert(
        fc.asyncProperty(requests(route), async (request) => {
          await expectDecent(route, request);
        }),
        { numRuns: RUNS_PER_ROUTE, interruptAfterTimeLimit: 20_000 },
      );
      if (!(await isLoggedIn())) token = await login();
    }
  });

  async function expectDecent(route: Route, { url, init }: Sent): Promise<void> {
    const before = await inspector.contents(MAY_CHANGE);
    const response = await fetch(steward.baseUrl + url, init);
    const text = await response.text();
    const shown = `${route.method} ${url} ${JSON.stringify({ ...init, headers: { ...init.headers, authorization: '…' } }).slice(0, 600)} → ${response.status} ${text.slice(0, 600)}`;
    expect(response.status, shown).toBeLessThan(500);
    expect(text, shown).not.toMatch(/node_modules|\n\s+at |\.ts:\d+|SQLITE_|ER_[A-Z]+_|QueryFailedError/);
    expect(Object.keys(route.operation.responses), shown).toContain(String(response.status));
    if (response.status < 400) return;
    expect(response.headers.get('content-type'), shown).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text), shown).toMatchObject({
      status: response.status,
      code: expect.stringMatching(/^[a-z]+\.[a-z_]+$/),
      type: expect.any(String),
      title: expect.any(String),
      detail: expect.any(String),
      traceId: expect.any(String),
    });
    expect(changedTables(before, await inspector.contents(MAY_CHANGE)), shown).toEqual([]);
  }

  function requests({ method, path, operation }: Route): fc.Arbitrary<Sent> {
    const auth = ENDS_SESSION.test(path)
      ? fc.constantFrom('none', 'broken')
      : fc.constantFrom('valid', 'valid', 'valid', 'none', 'broken');
    return fc
      .record({
        auth,
        contentType: fc.constantFrom('json', 'json', 'json', 'json', 'json', 'broken-json', 'text'),
        parameters: parameters(operation),
        extraQuery: fc.option(fc.tuple(fc.string({ maxLength: 8 }), nasty), { freq: 6 }),
        body: bodies(operation.requestBody?.content['application/json']?.schema, document),
      })
      .map(({ auth: how, contentType, parameters: values, extraQuery, body }) => {
        const headers: Record<string, string> = { ...values.header };
        if (how !== 'none')
          headers['authorization'] = how === 'valid' ? `Bearer ${token}` : 'Bearer e30.e30.e30';
        const query = new URLSearchParams(values.query);
        if (extraQuery) query.set(extraQuery[0], String(JSON.stringify(extraQuery[1])));
        const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) =>
          encodePath(values.path[name] ?? 'x'),
        );
        const init: RequestInit = { method, headers };
        if (method !== 'GET') Object.assign(init, encodeBody(contentType, body, headers));
        return { url: `${filled}${query.size > 0 ? `?${query.toString()}` : ''}`, init };
      });
  }

  function parameters(operation: Operation) {
    const of = (place: string, text: (value: unknown) => string) =>
      fc.record(
        Object.fromEntries(
          (operation.parameters ?? [])
            .filter((each) => each.in === place)
            .map((each) => [each.name, fc.oneof(fitting(each.schema, document), nasty).map(text)]),
        ),
        ...(place === 'path' ? [] : [{ requiredKeys: [] as never[] }]),
      ) as fc.Arbitrary<Record<string, string>>;
    return fc.record({
      path: of('path', asText),
      query: of('query', asText),
      header: of('header', asHeader),
    });
  }

  async function login(): Promise<string> {
    const { data } = await steward.client().logIn({ body: administrator, throwOnError: true });
    return data.accessToken;
  }

  async function isLoggedIn(): Promise<boolean> {
    const response = await fetch(`${steward.baseUrl}/v1/users/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return response.ok;
  }
});

describe('the table comparison', () => {
  it('sees a changed, a new and a lost row', () => {
    const before = new Map([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(
      changedTables(
        before,
        new Map([
          ['a', '1'],
          ['b', '3'],
        ]),
      ),
    ).toEqual(['b']);
    expect(changedTables(before, new Map([['a', '1']]))).toEqual(['b']);
  });
});

function changedTables(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : String(JSON.stringify(value));
}

/** Header values are visible ASCII; anything else is refused by the client itself. */
function asHeader(value: unknown): string {
  return asText(value)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 400)
    .trim();
}

function encodePath(value: string): string {
  const text = value === '' || /^\.{1,2}$/.test(value) ? 'x' : value.slice(0, 200);
  return encodeURIComponent(Buffer.from(text).toString());
}

function encodeBody(kind: string, body: unknown, headers: Record<string, string>): RequestInit {
  headers['content-type'] = kind === 'text' ? 'text/plain' : 'application/json';
  const text = String(JSON.stringify(body));
  return { body: kind === 'broken-json' ? text.slice(0, Math.max(1, text.length - 2)) + '{' : text };
}
