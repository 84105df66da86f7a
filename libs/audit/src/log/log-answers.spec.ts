import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '#kernel';
import { describeOnEveryDialect, loggedInAs } from '#kernel/testing';
import { generateKeyring } from '#vault';
import { AUDITOR, type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { outside } from '../testing/things.js';
import { openCheckpoint } from './note/checkpoint.js';
import { parseVkey } from './note/key.js';
import { parseNote } from './note/note.js';
import { NewLog } from './restore/new-log.js';

const ORIGIN = 'steward.example/v1/log';

describeOnEveryDialect('the answers of the log', (dialect) => {
  let http: AuditHttp;

  beforeAll(async () => {
    const keyring = generateKeyring();
    // A key that is being replaced: the new one comes first, and both sign.
    const logKeys = [...generateKeyring().logKeys, ...keyring.logKeys];
    http = await bootAuditHttp(dialect, {
      LOG_ORIGIN: ORIGIN,
      KEYRING: JSON.stringify({ ...keyring, logKeys }),
    });
    for (let index = 0; index < 3; index += 1)
      await http.act('thing.act', newId('usr'), async () => undefined);
    await http.sequence();
  });
  afterAll(() => http.close());

  const auditor = loggedInAs(AUDITOR, 'audit.read');
  const get = (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
    http.inject({ method, url: `/v1/log/${path}`, headers });

  it('carry the signature of each key while one is being replaced, and either verifies', async () => {
    const keys = (await get('key')).body.trim().split('\n').map(parseVkey);
    expect(keys.map(({ name }) => name)).toEqual([ORIGIN, ORIGIN]);
    const { body } = await get('checkpoint');
    expect(parseNote(body).signatures.map(({ keyId }) => keyId)).toEqual(keys.map(({ id }) => id));
    for (const key of keys)
      expect(openCheckpoint(body, { logKeys: [key], origin: ORIGIN }).logSignatures).toHaveLength(1);
  });

  it('are not sent again to whoever has them', async () => {
    for (const [path, headers] of [
      ['checkpoint', {}],
      ['tile/0/000.p/3', {}],
      ['tile/entries/000.p/3', auditor],
    ] as const) {
      const { headers: first } = await get(path, headers);
      const etag = String(first.etag);
      const again = await get(path, { ...headers, 'if-none-match': `"x", ${etag}` });
      expect([path, again.statusCode, again.body]).toEqual([path, 304, '']);
      expect(again.headers['cache-control']).toBe(first['cache-control']);
      expect((await get(path, { ...headers, 'if-none-match': '"x"' })).statusCode).toBe(200);
    }
    const { etag } = (await get('checkpoint')).headers;
    await http.act('thing.more', newId('usr'), async () => undefined);
    await http.sequence();
    expect((await get('checkpoint', { 'if-none-match': String(etag) })).statusCode).toBe(200);
    const head = await get('tile/0/000.p/3', {}, 'HEAD');
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', '96']);
  });

  it('with leaves are kept by nobody but the auditor, and compressed for whoever takes that', async () => {
    const plain = await get('tile/entries/000.p/3', auditor);
    expect(plain.headers['cache-control']).toBe('private, max-age=31536000, immutable');
    expect(plain.headers['vary']).toBe('accept-encoding');
    for (const accepted of ['gzip', 'br, gzip;q=0.5', 'gzip ; q=1, identity']) {
      const zipped = await get('tile/entries/000.p/3', { ...auditor, 'accept-encoding': accepted });
      expect(zipped.headers['content-encoding'], accepted).toBe('gzip');
      expect(gunzipSync(zipped.rawPayload)).toEqual(plain.rawPayload);
    }
    for (const refused of ['gzip;q=0', 'gzip; q=0.0, br', 'br', '']) {
      const sent = await get('tile/entries/000.p/3', { ...auditor, 'accept-encoding': refused });
      expect(sent.headers['content-encoding'], refused).toBeUndefined();
    }
  });

  it('name the log that grows, and keep each under its own prefix', async () => {
    const lost = (await get('checkpoint')).body;
    const tile = (await get('tile/0/000.p/3')).rawPayload;
    expect((await get('1/tile/0/000.p/3')).rawPayload).toEqual(tile);
    for (const path of ['2/key', '2/checkpoint'])
      expect((await get(path)).json()).toMatchObject({ status: 404, code: 'audit.log_not_found' });
    expect((await get('0/key')).statusCode).toBe(400);

    // As a restored backup would.
    await outside(http.database, 'UPDATE audit_log SET size = size - 1');
    await http.service(NewLog).begin(lost);
    await http.act('thing.after', newId('usr'), async () => undefined);
    await http.sequence();
    await http.sequence();
    for (const path of ['key', 'checkpoint']) {
      const moved = await get(path);
      expect([moved.statusCode, moved.headers.location]).toEqual([307, `2/${path}`]);
    }
    const logKeys = (await get('2/key')).body.trim().split('\n').map(parseVkey);
    const { checkpoint } = openCheckpoint((await get('2/checkpoint')).body, { logKeys });
    expect(checkpoint.origin).toBe(`${ORIGIN}/2`);
    expect(checkpoint.size).toBeGreaterThan(1);
    expect((await get('1/checkpoint')).statusCode).toBe(200);
    expect((await get('tile/0/000.p/3')).rawPayload).toEqual(tile);
    expect((await get('2/tile/0/000.p/2')).rawPayload).not.toEqual(tile.subarray(0, 64));
    const bundle = (await get('2/tile/entries/000.p/2', auditor)).body;
    expect(bundle).toContain('"type":"origin"');
  });
});
