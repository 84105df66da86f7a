import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '#kernel';

export class AcceptedResponse {
  @ApiProperty({
    example: 'If this can be done, a mail is on its way.',
    description: 'The same whether or not the address has an account.',
  })
  readonly message: string;
}

export class VerifiedResponse {
  @ApiProperty({
    example: 'usr_01k4z0q8b6f7e9a2c3d4e5f6g7',
    description: 'The id of the account that now exists.',
  })
  readonly userId: string;
}

export class TokenResponse {
  @ApiProperty({
    example: 'eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJ1c3JfMDFrNCJ9.c2lnbmF0dXJl',
    description: 'Send it as "Authorization: Bearer <token>".',
  })
  readonly accessToken: string;

  @ApiProperty({
    example: 'stw_rt_mVY0TqkUuTz1xB7c9oWqJ2p4sD6fG8hK0lZ3xC5vB7n',
    description:
      'Exchange it for new tokens before or after the access token expires. It works once; keep the newest.',
  })
  readonly refreshToken: string;

  @ApiProperty({ example: 600, type: 'integer', description: 'Seconds until the access token expires.' })
  readonly expiresIn: number;
}

export class SessionResponse {
  @ApiProperty({ example: 'ses_01k4z0q8b6f7e9a2c3d4e5f6g7', description: 'The id of the session.' })
  readonly id: string;

  @ApiProperty({ example: true, description: 'Whether it is the session that asks.' })
  readonly isCurrent: boolean;

  @ApiProperty({
    example: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    type: String,
    nullable: true,
    description: 'The browser or program that logged in, as it called itself.',
  })
  readonly userAgent: string | null;

  @ApiProperty({
    example: '203.0.113.7',
    type: String,
    nullable: true,
    description: 'The network address of the login.',
  })
  readonly clientAddress: string | null;

  @ApiProperty({ example: '2026-11-22T09:30:00.000Z', format: 'date-time', description: 'When it began.' })
  readonly createdAt: string;

  @ApiProperty({
    example: '2026-11-22T10:30:00.000Z',
    format: 'date-time',
    description: 'When it was last refreshed.',
  })
  readonly refreshedAt: string;

  @ApiProperty({
    example: '2026-12-22T09:30:00.000Z',
    format: 'date-time',
    description: 'When it ends in any case.',
  })
  readonly expiresAt: string;
}

export const SessionPage = PageOf(SessionResponse);

export class JsonWebKeyResponse {
  @ApiProperty({ example: 'RSA', description: 'Key type.' })
  readonly kty: string;

  @ApiProperty({
    example: 'sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXbo',
    description: 'Modulus, base64url.',
  })
  readonly n: string;

  @ApiProperty({ example: 'AQAB', description: 'Public exponent, base64url.' })
  readonly e: string;

  @ApiProperty({ example: 'k1', description: 'Key id, as in the header of a token.' })
  readonly kid: string;

  @ApiProperty({ example: 'RS256', description: 'The one algorithm that the key signs with.' })
  readonly alg: string;

  @ApiProperty({ example: 'sig', description: 'What the key is for.' })
  readonly use: string;
}

export class JsonWebKeySetResponse {
  @ApiProperty({ type: [JsonWebKeyResponse], description: 'The current key first.' })
  readonly keys: JsonWebKeyResponse[];
}
