import { hash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A change of a row, or how the row is at present (`id` is then Infinity). Images are digests; undefined for none. */
export interface HistoryStep {
  readonly table: string;
  readonly row: string;
  readonly id: number;
  readonly isBaseline: boolean;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export const isPresent = ({ id }: HistoryStep): boolean => id === Infinity;

const STEPS_PER_PART = 10_000;
const MAX_PARTS = 512;
const BUFFER_BYTES = 65_536;
const DIGEST_BYTES = 16;
/** Id, flags, two digests and two lengths. */
const FIXED_BYTES = 8 + 1 + 2 * DIGEST_BYTES + 4;

const BASELINE = 1;
const BEFORE = 2;
const AFTER = 4;

interface Part {
  readonly file: number;
  readonly path: string;
  readonly buffer: Buffer;
  used: number;
}

/**
 * Sorts the steps of all rows by row, in memory that does not grow with their number: they are spread over files, so that all
 * steps of one row are in one file and each file is small. The files hold digests and ids, and go in the end.
 */
export class RowHistories {
  private readonly directory = mkdtempSync(join(tmpdir(), 'steward-verify-'));
  private readonly parts: readonly Part[];

  /** `expected` is about how many steps there will be. */
  constructor(expected: number) {
    const count = Math.min(Math.max(Math.ceil(expected / STEPS_PER_PART), 1), MAX_PARTS);
    this.parts = Array.from({ length: count }, (_, index) => {
      const path = join(this.directory, String(index));
      return { path, file: openSync(path, 'wx', 0o600), buffer: Buffer.allocUnsafe(BUFFER_BYTES), used: 0 };
    });
  }

  /** A change with its images, as texts. */
  addChange(
    table: string,
    row: string,
    id: string,
    images: { readonly before: string | null; readonly after: string | null; readonly isBaseline: boolean },
  ): void {
    this.add(table, row, Number(id), images.before, images.after, images.isBaseline);
  }

  /** The image of a row at present. */
  addPresent(table: string, row: string, image: string): void {
    this.add(table, row, Infinity, null, image, false);
  }

  /** The steps of each row, in the order of their ids, row by row. Ends the adding. */
  *rows(): Generator<readonly HistoryStep[]> {
    for (const part of this.parts) {
      flush(part);
      const steps = [...decode(readFileSync(part.path))].sort(inOrder);
      for (let start = 0, end = 0; start < steps.length; start = end) {
        const first = steps[start];
        while (steps[end]?.row === first?.row && steps[end]?.table === first?.table) end++;
        yield steps.slice(start, end);
      }
    }
  }

  remove(): void {
    for (const { file } of this.parts) closeSync(file);
    rmSync(this.directory, { recursive: true, force: true });
  }

  private add(
    table: string,
    row: string,
    id: number,
    before: string | null,
    after: string | null,
    isBaseline: boolean,
  ): void {
    const part = this.parts[spread(table, row) % this.parts.length];
    const [tableBytes, rowBytes] = [Buffer.byteLength(table), Buffer.byteLength(row)];
    const bytes = FIXED_BYTES + tableBytes + rowBytes;
    if (!part || bytes > BUFFER_BYTES) {
      throw new RangeError(`The name of row ${row.slice(0, 100)}… of ${table.slice(0, 100)} is too long`);
    }
    if (part.used + bytes > BUFFER_BYTES) flush(part);
    const { buffer } = part;
    let at = part.used;
    at = buffer.writeDoubleLE(id, at);
    at = buffer.writeUInt8(
      (isBaseline ? BASELINE : 0) | (before === null ? 0 : BEFORE) | (after === null ? 0 : AFTER),
      at,
    );
    for (const image of [before, after]) {
      if (image !== null) buffer.write(hash('sha256', image, 'binary'), at, DIGEST_BYTES, 'latin1');
      at += DIGEST_BYTES;
    }
    at = buffer.writeUInt16LE(tableBytes, at);
    at = buffer.writeUInt16LE(rowBytes, at);
    at += buffer.write(table, at);
    at += buffer.write(row, at);
    part.used = at;
  }
}

function flush(part: Part): void {
  let written = 0;
  while (written < part.used) written += writeSync(part.file, part.buffer, written, part.used - written);
  part.used = 0;
}

function* decode(bytes: Buffer): Generator<HistoryStep> {
  for (let at = 0; at < bytes.length;) {
    const id = bytes.readDoubleLE(at);
    const flags = bytes.readUInt8(at + 8);
    const digest = (start: number) => bytes.toString('latin1', start, start + DIGEST_BYTES);
    const before = (flags & BEFORE) === 0 ? undefined : digest(at + 9);
    const after = (flags & AFTER) === 0 ? undefined : digest(at + 9 + DIGEST_BYTES);
    at += 9 + 2 * DIGEST_BYTES;
    const [tableEnd, rowBytes] = [at + 4 + bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    const table = bytes.toString('utf8', at + 4, tableEnd);
    const row = bytes.toString('utf8', tableEnd, tableEnd + rowBytes);
    at = tableEnd + rowBytes;
    yield { table, row, id, isBaseline: (flags & BASELINE) !== 0, before, after };
  }
}

/** FNV-1a. */
function spread(table: string, row: string): number {
  let value = 0x811c9dc5;
  for (const text of [table, row])
    for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

function inOrder(left: HistoryStep, right: HistoryStep): number {
  if (left.table !== right.table) return left.table < right.table ? -1 : 1;
  if (left.row !== right.row) return left.row < right.row ? -1 : 1;
  return left.id === right.id ? 0 : left.id - right.id;
}
