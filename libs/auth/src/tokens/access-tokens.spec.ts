import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Keyring } from '#vault';
import { bootAuth, type AuthApp, type Tokens } from '../testing/index.js';

describe('access tokens', () => {
  let auth: AuthApp;
  let good: Tokens & { userId: string };

  beforeAll(async () => {
    auth = await bootAuth('sqlite');
    good = await auth.registerAndLogIn('token@example.com');
  });

  afterAll(() => auth.close());

  interface Forgery {
    readonly header?: object;
    readonly claims?: object;
    readonly key?: Parameters<SignJWT['sign']>[0];
  }

  /** A token signed with the real key, changed in one respect. */
  function forge({ header = {}, claims = {}, key }: Forgery): Promise<string> {
    const [signing] = auth.app.get(Keyring, { strict: false }).signingKeys();
    return new SignJWT({ ...decodeJwt(good.accessToken), ...claims })
      .setProtectedHeader({ ...decodeProtectedHeader(good.accessToken), alg: 'RS256', ...header })
      .sign(key ?? signing!.privateKey);
  }

  it('holds ids only, and names its key and type', () => {
    expect(decodeProtectedHeader(good.accessToken)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    const claims = decodeJwt(good.accessToken);
    expect(Object.keys(claims).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'sid', 'sub']);
    expect(claims.exp! - claims.iat!).toBe(good.expiresIn);
  });

  it('accepts its own, and a faithful copy', async () => {
    expect(await auth.me(good.accessToken)).toBe(200);
    expect(await auth.me(await forge({}))).toBe(200);
  });

  it.each<[string, () => Forgery]>([
    ['another issuer', () => ({ claims: { iss: 'somebody' } })],
    ['another audience', () => ({ claims: { aud: 'other-api' } })],
    ['the past', () => ({ claims: { exp: 1 } })],
    ['another type', () => ({ header: { typ: 'JWT' } })],
    ['an unknown key id', () => ({ header: { kid: 'nobody' } })],
    ['another key', () => ({ key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey })],
    ['a shared secret', () => ({ header: { alg: 'HS256' }, key: new Uint8Array(32) })],
    ['nobody', () => ({ claims: { sub: 'usr_01k4z0q8b6f7e9a2c3d4e5f6g7' } })],
    ['no session', () => ({ claims: { sid: undefined } })],
  ])('refuses a token with %s', async (_what, forgery) => {
    const token = await forge(forgery());
    const answer = await auth.call('GET', '/v1/users/me', { token });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
  });

  it("refuses a token for somebody else's session, whoever they are", async () => {
    const { userId } = await auth.registerAndLogIn('other@example.com');
    expect(await auth.me(await forge({ claims: { sub: userId } }))).toBe(401);
  });

  it('refuses a token without a signature, and what is no token', async () => {
    const [, payload] = good.accessToken.split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
    for (const token of [none, 'x', '..', good.accessToken.slice(0, -4)])
      expect(await auth.me(token)).toBe(401);
  });

  it('accepts a bearer token and nothing beside it', async () => {
    const status = async (authorization: string) => {
      const answer = await auth.app.inject({ url: '/v1/users/me', headers: { authorization } });
      return answer.statusCode;
    };
    expect(await status(`bearer  ${good.accessToken}`)).toBe(200);
    expect(await status(`Bearer ${good.accessToken} and more`)).toBe(401);
    expect(await status(`and more Bearer ${good.accessToken}`)).toBe(401);
    // A pattern that tries again from every character would take minutes.
    expect(await status('a'.repeat(1_000_000))).toBe(401);
  });

  it('publishes the key that verifies it', async () => {
    const { body } = await auth.call<{ keys: { kid: string; d?: string }[] }>(
      'GET',
      '/.well-known/jwks.json',
    );
    expect(body.keys.map(({ kid }) => kid)).toContain(decodeProtectedHeader(good.accessToken).kid);
    expect(JSON.stringify(body)).not.toContain('"d"');
  });
});
