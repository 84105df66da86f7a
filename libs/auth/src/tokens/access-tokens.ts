import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { Clock, InjectConfig, type ConfigOf } from '#kernel';
import { Keyring } from '#vault';
import { authConfig } from '../auth.config.js';

/**
 * What an access token says: who, and in which session. Everything else is looked up, so that it can change
 * at once.
 */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** Seconds since 1970, as in the token. */
  readonly expiresAt: number;
}

/**
 * The media type in the header keeps other JWTs of the same keys from being taken for access tokens (RFC 9068
 * section 2.1).
 */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/** The one algorithm that is made and accepted (RFC 8725 section 3.1). */
export const ACCESS_TOKEN_ALGORITHM = 'RS256';

/** Issues access tokens: JWTs (RFC 7519) that live for minutes. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly keyring: Keyring,
    private readonly clock: Clock,
    @InjectConfig(authConfig) private readonly config: ConfigOf<typeof authConfig>,
  ) {}

  /** A signed token for a session. */
  async issue(userId: string, sessionId: string): Promise<string> {
    const [key] = this.keyring.signingKeys();
    if (!key) throw new Error('The keyring holds no signing key');
    const issuedAt = Math.floor(this.clock.now().getTime() / 1000);
    return new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: ACCESS_TOKEN_ALGORITHM, kid: key.kid, typ: ACCESS_TOKEN_TYPE })
      .setSubject(userId)
      .setIssuer(this.config.issuer)
      .setAudience(this.config.audience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + this.config.accessTokenLifeS)
      .sign(key.privateKey);
  }
}
