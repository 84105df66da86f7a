import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../context/principal.js';
import { Authenticator } from '../ports/ports.js';

const SCHEME = 'Test ';

/** The header of a request by somebody with these permissions, in an application that binds {@link testLogin}. */
export const loggedInAs = (id: string, ...permissions: readonly string[]) => ({
  authorization: SCHEME + [id, ...permissions].join(' '),
});

@Injectable()
class TestAuthenticator extends Authenticator {
  async authenticate({ headers }: FastifyRequest): Promise<Principal | undefined> {
    if (!headers.authorization?.startsWith(SCHEME)) return undefined;
    const [id = '', ...permissions] = headers.authorization.slice(SCHEME.length).split(' ');
    return { kind: 'user', id, permissions: new Set(permissions) };
  }
}

/** Takes {@link loggedInAs} at its word; for tests of rooms that do not need the real login. */
export const testLogin = { provide: Authenticator, useClass: TestAuthenticator };
