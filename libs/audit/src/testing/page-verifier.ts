import { createHash, createPublicKey, verify } from 'node:crypto';

/**
 * A verifier written from docs/audit-format.md alone: it shares no line with the code that makes the log, so that the
 * two agree only if the page is right and complete. Throws, in words, what is wrong.
 */
const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafHash = (data: Uint8Array) => sha256(Buffer.of(0), data);
const nodeHash = (left: Uint8Array, right: Uint8Array) => sha256(Buffer.of(1), left, right);

/** The root of a tree, as "Tree" defines it. */
export function rootOf(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leafHash(leaves[0]!);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** Canonical JSON, as "Conventions" describes it. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'string') return `"${[...value].map(escaped).join('')}"`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, member]) => `"${name}":${canonical(member)}`).join(',')}}`;
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  if (character >= ' ') return character;
  const short = { '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r' }[character];
  return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Text of a table of the database: null, or a list of rows. */
export type Columns = Record<string, string | null>;
export interface StoredEntry {
  readonly columns: Columns;
  readonly subjects: readonly string[];
  readonly changes: readonly Columns[];
}

const instant = (text: string) => {
  const [seconds, fraction = ''] = text.replace(' ', 'T').split('.');
  return `${seconds}.${fraction.padEnd(6, '0')}Z`;
};
const objectOf = (members: Columns) => {
  const said = Object.entries(members).filter(([, value]) => value !== null);
  return said.length === 0 ? undefined : Object.fromEntries(said);
};

/** The payload of a stored entry, as "Payload" describes it. */
export function payloadText({ columns: row, subjects, changes }: StoredEntry): string {
  const people = [...subjects, ...(row['subject_id'] === null ? [] : [row['subject_id']!])];
  return canonical({
    ...objectOf({
      details: row['details']!,
      error: row['error_code']!,
      purpose: row['purpose']!,
      session: row['session_id']!,
      request: row['request_id']!,
      trace: row['trace_id']!,
    }),
    v: 1,
    address: objectOf({ sealed: row['client_address']!, subject: row['address_subject_id']! }),
    subjects: [...new Set(people)].toSorted(),
    changes: changes
      .toSorted((a, b) => (BigInt(a['id']!) < BigInt(b['id']!) ? -1 : 1))
      .map((change) => ({
        id: change['id'],
        at: instant(change['changed_at']!),
        table: change['table_name'],
        row: change['row_id'],
        operation: change['operation'],
        before: change['before_image'],
        after: change['after_image'],
        user: change['database_user'],
      })),
  });
}

/** The leaf of a stored entry, as "Leaf" describes it. */
export function leafText(entry: StoredEntry): string {
  const row = entry.columns;
  const payload = sha256(Buffer.from(row['salt']!, 'hex'), Buffer.from(payloadText(entry)));
  return canonical({
    v: 1,
    type: 'entry',
    entry: row['id'],
    time: instant(row['occurred_at']!),
    action: row['action'],
    outcome: row['outcome'],
    actor: objectOf({ id: row['actor_id']!, kind: row['actor_kind']! }),
    resource: objectOf({ id: row['resource_id']!, type: row['resource_type']! }),
    payload: payload.toString('base64'),
  });
}

/** A verified checkpoint, as "Checkpoint" and "Cosignatures" describe it. */
export function readCheckpoint(note: string, logKey: string, witnessKeys: readonly string[] = []) {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const signers = new Map<string, number>();
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [dash, name, base64] = line.split(' ');
    if (dash !== '\u2014') throw new Error('This is no signature line');
    const bytes = Buffer.from(base64!, 'base64');
    for (const vkey of [logKey, ...witnessKeys]) {
      const key = readKey(vkey);
      if (key.name !== name || key.id !== bytes.toString('hex', 0, 4)) continue;
      const cosigned = key.type === 4;
      const time = cosigned ? Number(bytes.readBigUInt64BE(4)) : 0;
      const signed = cosigned ? `cosignature/v1\ntime ${time}\n${text}` : text;
      const signature = bytes.subarray(cosigned ? 12 : 4);
      if (!verify(null, Buffer.from(signed), key.publicKey, signature))
        throw new Error('A signature is wrong');
      signers.set(vkey, time);
    }
  }
  if (!signers.has(logKey)) throw new Error('The log did not sign');
  const [origin, size, root] = text.split('\n');
  if (origin !== readKey(logKey).name) throw new Error('This is another log');
  return {
    size: decimal(size!),
    root: hashOf(root!),
    witnesses: witnessKeys.filter((vkey) => signers.has(vkey)).map((vkey) => signers.get(vkey)),
  };
}

function readKey(vkey: string) {
  const [, name, id, base64] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(vkey)!;
  const bytes = Buffer.from(base64!, 'base64');
  const expected = sha256(Buffer.from(`${name!}\n`), bytes).toString('hex', 0, 4);
  if (id !== expected) throw new Error('The key id is wrong');
  const x = bytes.subarray(1).toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { name, id, type: bytes[0], publicKey };
}

/** Verifies the proof of a leaf, as "Proof of a leaf" describes it. */
export function checkProof(leaf: Uint8Array, proof: string, logKey: string): number {
  const end = proof.indexOf('\n\n');
  const [header, index, ...lines] = proof.slice(0, end).split('\n');
  if (header !== 'c2sp.org/tlog-proof@v1' || !index!.startsWith('index '))
    throw new Error('This is no proof');
  const { size, root } = readCheckpoint(proof.slice(end + 2), logKey);
  let fn = decimal(index!.slice('index '.length));
  if (fn >= size) throw new Error('There is no such leaf');
  let sn = size - 1;
  let r = leafHash(leaf);
  for (const p of lines.map(hashOf)) {
    if (sn === 0) throw new Error('The proof is too long');
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      r = nodeHash(r, p);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0 || !r.equals(root)) throw new Error('The leaf is not in the log');
  return size;
}

/** Verifies that a log only grew, as "Proof that a log only grew" describes it. */
export function checkGrowth(m: number, a: Buffer, n: number, b: Buffer, hashes: readonly string[]): void {
  const list = hashes.map(hashOf);
  if (Number.isInteger(Math.log2(m))) list.unshift(a);
  if (list.length === 0) throw new Error('The list is empty');
  let [fn, sn] = [m - 1, n - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let fr = list.shift()!;
  let sr = fr;
  for (const c of list) {
    if (sn === 0) throw new Error('The list is too long');
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(c, fr), nodeHash(c, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      sr = nodeHash(sr, c);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0 || !fr.equals(a) || !sr.equals(b)) throw new Error('The log did not only grow');
}

const half = (value: number) => Math.floor(value / 2);

function decimal(text: string): number {
  if (String(Number(text)) !== text) throw new Error('This is no decimal');
  return Number(text);
}

function hashOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== text) throw new Error('This is no hash in base64');
  return bytes;
}
