import { createHash, hash, type Hash } from 'node:crypto';
import { instantText } from './canonical.js';
import { type PayloadChange, type PayloadEntry, payloadText, SALT_BYTES } from './payload.js';

const NO_CHANGES = '"changes":[]';
/** Text beyond this is hashed at once instead of being kept. */
const KEEP_CHARACTERS = 65_536;
/** Joins salt and text without allocating; safe to share because hashing is synchronous. */
const bytes = Buffer.alloc(SALT_BYTES + 3 * KEEP_CHARACTERS);

/**
 * The salted hash of a payload whose changes come one by one, so that memory stays bounded however many they are. It is
 * what `payloadHash(salt, payloadOf(…))` gives for all of them together.
 */
export class PayloadHasher {
  private text: string;
  private readonly rest: string;
  private hash: Hash | undefined;
  private isFirst = true;

  /** @throws RangeError unless the salt has {@link SALT_BYTES}. */
  constructor(
    private readonly salt: Uint8Array,
    entry: PayloadEntry,
    subjects: readonly string[],
  ) {
    if (salt.length !== SALT_BYTES) {
      throw new RangeError(`A salt has ${SALT_BYTES} bytes, not ${salt.length}`);
    }
    const whole = payloadText(entry, subjects, []);
    // In the values of other members the quotation marks would be escaped.
    const end = whole.indexOf(NO_CHANGES) + NO_CHANGES.length - 1;
    this.text = whole.slice(0, end);
    this.rest = whole.slice(end);
  }

  /** The next change; they come in the order of their ids. */
  add({
    id,
    tableName,
    rowId,
    operation,
    beforeImage,
    afterImage,
    databaseUser,
    changedAt,
  }: PayloadChange): void {
    // Members in the order that RFC 8785 asks for, and strings as it writes them.
    const change = JSON.stringify({
      after: afterImage,
      at: instantText(changedAt),
      before: beforeImage,
      id,
      operation,
      row: rowId,
      table: tableName,
      user: databaseUser,
    });
    this.text += this.isFirst ? change : `,${change}`;
    this.isFirst = false;
    if (this.text.length > KEEP_CHARACTERS) this.flush();
  }

  /** Base64, as the leaf shows it. */
  digest(): string {
    this.text += this.rest;
    if (this.text.length > KEEP_CHARACTERS) this.flush();
    if (!this.hash) {
      bytes.set(this.salt);
      return hash('sha256', bytes.subarray(0, SALT_BYTES + bytes.write(this.text, SALT_BYTES)), 'base64');
    }
    this.flush();
    return this.hash.digest('base64');
  }

  private flush(): void {
    this.hash ??= createHash('sha256').update(this.salt);
    this.hash.update(this.text);
    this.text = '';
  }
}
