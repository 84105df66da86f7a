import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { decodeBundle } from './leaf/bundle.js';
import { openCheckpoint } from './note/checkpoint.js';
import { parseVkey } from './note/key.js';
import { verifyTlogProof } from './note/tlog-proof.js';
import { hashLeaf } from './tree/hash.js';
import { tileHashReader, treeRoot } from './tree/hash-reader.js';
import { allTiles, tilePath } from './tree/tile.js';

const ENTRIES = 600;

describeOnEveryDialect('the published log', (dialect) => {
  let http: AuditHttp;
  const ids: string[] = [];

  beforeAll(async () => {
    http = await bootAuditHttp(dialect, { LOG_ORIGIN: 'example.com/v1/log' });
  });
  afterAll(() => http.close());

  const act = async () => {
    const work = () => http.things.insert({ id: newId('thg'), amountMinor: 1n });
    ids.push(await http.act('thing.create', newId('usr'), work));
  };
  const anyone = (url: string) => http.inject({ method: 'GET', url });
  const logKeys = async () => (await anyone('/v1/log/key')).body.trim().split('\n').map(parseVkey);
  const proofOf = (id: string | undefined) => http.get(`/v1/admin/audit/entries/${id}/proof`);

  it('says what to do while there is nothing to publish', async () => {
    expect((await anyone('/v1/log/checkpoint')).json()).toMatchObject({
      code: 'audit.log_empty',
      status: 404,
    });
    expect((await anyone('/v1/log/tile/0/000.p/1')).json()).toMatchObject({ code: 'audit.tile_not_found' });
    await act();
    const waiting = await proofOf(ids[0]);
    expect(waiting.json()).toMatchObject({ code: 'audit.not_sequenced', status: 404 });
    expect(waiting.headers['retry-after']).toBe('1');
    expect((await proofOf(newId('aud'))).json()).toMatchObject({ code: 'audit.entry_not_found' });
  });

  it('gives anyone the key, the checkpoint and the tiles, which make its root', async () => {
    while (ids.length < ENTRIES) await Promise.all(Array.from({ length: 50 }, act));
    await http.sequence();
    const answer = await anyone('/v1/log/checkpoint');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache',
    });
    const { checkpoint } = openCheckpoint(answer.body, { logKeys: await logKeys() });
    expect(checkpoint.origin).toBe('example.com/v1/log');
    expect(checkpoint.size).toBeGreaterThan(ENTRIES);
    const tiles = [...allTiles(checkpoint.size)];
    expect(tiles.map(({ width }) => width)).toContain(256);
    const read = tileHashReader(checkpoint.size, (wanted) =>
      Promise.all(
        wanted.map(async (tile) => {
          const response = await anyone(`/v1/log/${tilePath(tile)}`);
          expect(response.headers).toMatchObject({
            'content-type': 'application/octet-stream',
            'cache-control': 'public, max-age=31536000, immutable',
          });
          expect(response.rawPayload.length).toBe(tile.width * 32);
          return response.rawPayload;
        }),
      ),
    );
    expect((await treeRoot(checkpoint.size, read)).equals(checkpoint.root)).toBe(true);
    const first = await anyone('/v1/log/tile/0/000');
    expect((await anyone('/v1/log/tile/0/000.p/7')).rawPayload).toEqual(first.rawPayload.subarray(0, 7 * 32));
  });

  it('gives auditors, and nobody else, the leaves that the tiles are made of', async () => {
    const url = '/v1/log/tile/entries/001';
    expect((await anyone(url)).statusCode).toBe(401);
    expect((await http.get(url, 'users.read')).statusCode).toBe(403);
    const leaves = decodeBundle((await http.get(url)).rawPayload);
    expect(leaves).toHaveLength(256);
    expect(Buffer.concat(leaves.map(hashLeaf))).toEqual((await anyone('/v1/log/tile/0/001')).rawPayload);
    expect(decodeBundle((await http.get(`${url}.p/3`)).rawPayload)).toEqual(leaves.slice(0, 3));
  });

  it.each([
    'tile/0/000.p/256',
    'tile/0/000.p/0',
    'tile/0/x000/000',
    'tile/0/9',
    'tile/64/000',
    'tile/0/900',
    'tile/2/000.p/1',
    'tile/',
    'tile/0/..%2f000',
    'tile/x/000',
  ])('has no %s', async (path) => {
    const response = await anyone(`/v1/log/${path}`);
    expect(response.json()).toMatchObject({ status: 404, code: expect.stringMatching(/not_found$/) });
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('has no bundle beyond its end', async () => {
    expect((await http.get('/v1/log/tile/entries/900')).json()).toMatchObject({
      code: 'audit.tile_not_found',
    });
  });

  it('proves to a stranger with the key that an entry is in it', async () => {
    for (const id of [ids[0], ids[300], ids.at(-1)]) {
      const { leaf, proof } = (await proofOf(id)).json<{ leaf: string; proof: string }>();
      const bytes = Buffer.from(leaf, 'base64');
      expect(JSON.parse(bytes.toString())).toMatchObject({
        entry: id,
        action: 'thing.create',
        type: 'entry',
      });
      expect(verifyTlogProof({ leaf: bytes, proof, logKeys: await logKeys() })).toMatchObject({
        valid: true,
      });
      const forged = Buffer.from(bytes.toString().replace('succeeded', 'refused'));
      expect(verifyTlogProof({ leaf: forged, proof, logKeys: await logKeys() })).toMatchObject({
        valid: false,
      });
    }
    expect((await anyone(`/v1/admin/audit/entries/${ids[0]}/proof`)).statusCode).toBe(401);
  });
});
