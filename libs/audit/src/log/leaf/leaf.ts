import { decodeBase64 } from '../note/text.js';
import { HASH_BYTES } from '../tree/hash.js';
import { canonicalJson, instantText, LeafError } from './canonical.js';

const VERSION = 1;

/** Bundles write the length of a leaf in two bytes (C2SP tlog-tiles). */
export const MAX_LEAF_BYTES = 65_535;

/** The columns of an entry that its leaf shows and that stay for ever. */
export interface LeafEntry {
  readonly id: string;
  /** As the database writes it, or RFC 3339; UTC. */
  readonly occurredAt: string;
  readonly action: string;
  readonly outcome: string;
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly resourceType: string | null;
  readonly resourceId: string | null;
  /** Base64 of the salted hash: see `payloadHash`. */
  readonly payloadHash: string;
}

/** The first leaf of a log that continues another after a restore. */
export interface LeafOrigin {
  /** The former log's last checkpoint that is known: the signed note, byte for byte. */
  readonly previous: string;
  /** When the new log began; as the database writes it, or RFC 3339; UTC. */
  readonly startedAt: string;
}

/** What a leaf says. */
export type Leaf = ({ readonly type: 'entry' } & LeafEntry) | ({ readonly type: 'origin' } & LeafOrigin);

/** The leaf data of an entry: canonical JSON. @throws LeafError when it is longer than {@link MAX_LEAF_BYTES}. */
export function leafOf(entry: LeafEntry): Buffer {
  const { resourceId, resourceType } = entry;
  const hasResource = resourceId !== null || resourceType !== null;
  return bounded({
    action: entry.action,
    actor: { id: entry.actorId ?? undefined, kind: entry.actorKind },
    entry: entry.id,
    outcome: entry.outcome,
    payload: entry.payloadHash,
    resource: hasResource ? { id: resourceId ?? undefined, type: resourceType ?? undefined } : undefined,
    time: instantText(entry.occurredAt),
    type: 'entry',
    v: VERSION,
  });
}

/** The leaf data with which a log begins after a restore. @throws LeafError when it is longer than {@link MAX_LEAF_BYTES}. */
export function originLeaf({ previous, startedAt }: LeafOrigin): Buffer {
  return bounded({ previous, time: instantText(startedAt), type: 'origin', v: VERSION });
}

/** Reads leaf data. @throws LeafError unless it is exactly what {@link leafOf} or {@link originLeaf} writes. */
export function parseLeaf(data: Uint8Array): Leaf {
  const json = parseObject(data);
  if (json['v'] !== VERSION) {
    throw new LeafError(`The leaf has version ${JSON.stringify(json['v'])}; this reads version ${VERSION}`);
  }
  const leaf = leafFrom(json);
  const written = leaf.type === 'entry' ? leafOf(leaf) : originLeaf(leaf);
  // Also catches what JSON.parse forgives: another order, spaces, escapes, members that do not belong here.
  if (!written.equals(data)) throw new LeafError('The leaf is not the canonical JSON of its members');
  return leaf;
}

function leafFrom(json: Readonly<Record<string, unknown>>): Leaf {
  if (json['type'] === 'origin') {
    return { type: 'origin', previous: textOf(json, 'previous'), startedAt: textOf(json, 'time') };
  }
  if (json['type'] !== 'entry') throw new LeafError(`The leaf has type ${JSON.stringify(json['type'])}`);
  const actor = objectOf(json['actor']);
  const resource = objectOf(json['resource'] ?? {});
  const payloadHash = textOf(json, 'payload');
  if (decodeBase64(payloadHash)?.length !== HASH_BYTES) {
    throw new LeafError('The payload of the leaf is not a SHA-256 hash in base64');
  }
  return {
    type: 'entry',
    id: textOf(json, 'entry'),
    occurredAt: textOf(json, 'time'),
    action: textOf(json, 'action'),
    outcome: textOf(json, 'outcome'),
    actorKind: textOf(actor, 'kind'),
    actorId: optionalText(actor, 'id'),
    resourceType: optionalText(resource, 'type'),
    resourceId: optionalText(resource, 'id'),
    payloadHash,
  };
}

function bounded(leaf: Readonly<Record<string, unknown>>): Buffer {
  const data = canonicalJson(leaf);
  if (data.length > MAX_LEAF_BYTES) {
    throw new LeafError(`The leaf has ${data.length} bytes; at most ${MAX_LEAF_BYTES} fit`);
  }
  return data;
}

function parseObject(data: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)));
  } catch (error) {
    if (error instanceof LeafError) throw error;
    throw new LeafError('The leaf is not JSON in UTF-8', { cause: error });
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new LeafError('The leaf is not an object of the expected shape');
}

function optionalText(object: Readonly<Record<string, unknown>>, member: string): string | null {
  return object[member] === undefined ? null : textOf(object, member);
}

function textOf(object: Readonly<Record<string, unknown>>, member: string): string {
  const value = object[member];
  if (typeof value === 'string') return value;
  throw new LeafError(`The leaf has no text ${JSON.stringify(member)}`);
}
