import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '#kernel';
import { Keyring } from '#vault';
import { JsonWebKeySetResponse } from './dto/responses.js';

@ApiTags('Authentication')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keyring: Keyring) {}

  @Get('jwks.json')
  @Public()
  @ApiOperation({
    operationId: 'getJsonWebKeySet',
    summary: 'The public keys that access tokens are signed with (RFC 7517)',
    description: 'For other services that check our tokens. They cannot see logouts: only this API can.',
  })
  @ApiOkResponse({ type: JsonWebKeySetResponse })
  getJsonWebKeySet(): JsonWebKeySetResponse {
    return {
      keys: this.keyring.signingKeys().map(({ publicKey, kid, algorithm }) => {
        const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
        return { kty: 'RSA', n, e, kid, alg: algorithm, use: 'sig' };
      }),
    };
  }
}
