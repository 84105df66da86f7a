import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Keyring } from './keyring/keyring.js';

/**
 * Makes the tokens of links in mails: an id and a MAC over it. Nothing secret has to rest in the
 * database; whether the token is still good is a question to the row with that id.
 */
@Injectable()
export class TokenMinter {
  constructor(private readonly keyring: Keyring) {}

  /** `${id}.${base64url(HMAC)}`; a token minted for one purpose is worth nothing for another. */
  mint(purpose: string, id: string): string {
    return `${id}.${this.keyring.hmac(macPurpose(purpose), id).toString('base64url')}`;
  }

  /** The id inside a genuine token, else undefined. */
  verify(purpose: string, token: string): string | undefined {
    const dot = token.lastIndexOf('.');
    if (dot <= 0) return undefined;
    const id = token.slice(0, dot);
    const mac = token.slice(dot + 1);
    const isGenuine = this.keyring
      .hmacs(macPurpose(purpose), id)
      .some((expected) => sameText(mac, expected.toString('base64url')));
    return isGenuine ? id : undefined;
  }
}

function macPurpose(purpose: string): string {
  return `link-token.${purpose}`;
}

/** Compares the text, not the decoded bytes: base64url has several spellings of the same bytes. */
function sameText(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left);
  const rightBytes = Buffer.from(right);
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes);
}
