import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { ExtractJwt, Strategy, type SecretOrKeyProvider } from 'passport-jwt';
import { InjectConfig, isId, type ConfigOf } from '#kernel';
import { Keyring } from '#vault';
import { authConfig } from '../auth.config.js';
import { ACCESS_TOKEN_ALGORITHM, ACCESS_TOKEN_TYPE, type AccessClaims } from './access-tokens.js';

const NAME = 'access-token';

type PassportInstance = InstanceType<typeof passport.Passport>;

/**
 * Checks signature, algorithm, issuer, audience, type and expiry of a bearer token (RFC 6750, 7519, 8725,
 * 9068).
 */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, NAME) {
  /** Declared only: an initialiser would run after the base class has used it. */
  declare private registry: PassportInstance | undefined;

  constructor(keyring: Keyring, @InjectConfig(authConfig) config: ConfigOf<typeof authConfig>) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: keyOf(keyring),
      algorithms: [ACCESS_TOKEN_ALGORITHM],
      issuer: config.issuer,
      audience: config.audience,
    });
  }

  /**
   * A registry of its own: passport's global one would mix up two applications in one process, as tests have
   * them.
   */
  getPassportInstance(): PassportInstance {
    this.registry ??= new passport.Passport();
    return this.registry;
  }

  /** Called once the token itself is genuine. */
  validate(payload: { sub?: unknown; sid?: unknown; exp?: unknown }): AccessClaims | false {
    const { sub, sid, exp } = payload;
    if (!isId(sub, 'usr') || !isId(sid, 'ses') || typeof exp !== 'number') return false;
    return { userId: sub, sessionId: sid, expiresAt: exp };
  }

  /** The claims of a token, or undefined when it is not a good one. */
  verify(token: string): Promise<AccessClaims | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (error: unknown, claims: AccessClaims | false | undefined) => {
        if (error) reject(error instanceof Error ? error : new Error('The token could not be checked'));
        else resolve(claims || undefined);
      };
      // Passport writes login methods onto the request; a bare one with the header alone is all that it
      // reads.
      const request = { headers: { authorization: `Bearer ${token}` } };
      const handle = this.getPassportInstance().authenticate(
        NAME,
        { session: false },
        settle,
      ) as PassportHandler;
      handle(request, {}, reject);
    });
  }
}

type PassportHandler = (request: object, response: object, next: (error: unknown) => void) => void;

/**
 * Finds the public key by the token's `kid`. It is handed on as a `KeyObject`: from a PEM string jsonwebtoken
 * would parse the key for every request.
 */
function keyOf(keyring: Keyring): SecretOrKeyProvider {
  return (_request, token: string, done) => {
    const header = headerOf(token);
    const key =
      header?.typ === ACCESS_TOKEN_TYPE
        ? keyring.signingKeys().find(({ kid }) => kid === header.kid)
        : undefined;
    if (!key) return done(new Error('The token names no key that signs access tokens'));
    // The typings know strings and buffers only; jsonwebtoken 9 takes a KeyObject.
    done(null, key.publicKey as unknown as Buffer);
  };
}

function headerOf(token: string): { typ?: unknown; kid?: unknown } | undefined {
  try {
    return JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()) as object;
  } catch {
    return undefined;
  }
}
