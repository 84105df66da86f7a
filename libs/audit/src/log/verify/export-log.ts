import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing } from '../durable-files.js';
import { encodeBundle } from '../leaf/bundle.js';
import type { Checkpoint } from '../note/checkpoint.js';
import { numberOf } from '../origin.js';
import { allTiles, TILE_WIDTH, type TileId, tilePath } from '../tree/tile.js';
import { beganWith, entries, readCheckpoint } from './compare.js';
import { inOrder } from './in-order.js';
import { type LogSource, SourceUnreadable } from './log-source.js';
import { noProgress, type Progress } from './progress.js';
import { readRemembered, remember } from './remembered.js';

export interface ExportOptions {
  /** Write the leaf data as well, which says who did what. */
  readonly withEntries?: boolean;
  readonly progress?: Progress;
}

/**
 * Writes a log, and those that it continues, into a directory in the layout that {@link StaticLog} reads. Gives the
 * origin and size of each. @throws SourceUnreadable as {@link exportLog} does.
 */
export async function exportLogs(
  newest: LogSource,
  dir: string,
  options: ExportOptions = {},
): Promise<readonly Pick<Checkpoint, 'origin' | 'size'>[]> {
  const signed = await newest.checkpoint();
  const number = signed === undefined ? 1 : numberOf(readCheckpoint(signed.toString()).origin);
  const written = [];
  for (let each = 1; each <= number; each++) {
    const log = each === number ? newest : await newest.former(each);
    if (log) written.push(await exportLog(log, each === 1 ? dir : join(dir, String(each)), options));
  }
  return written;
}

/**
 * Writes a log into a directory in the static layout of C2SP tlog-tiles, which any web server can serve and anybody can
 * verify. A directory that holds an earlier state of the same log is brought up to date: full tiles never change.
 * @throws SourceUnreadable when the log is incomplete, or the directory's is not its beginning.
 */
export async function exportLog(
  source: LogSource,
  dir: string,
  { withEntries = false, progress = noProgress }: ExportOptions = {},
): Promise<Checkpoint> {
  const signed = (await source.checkpoint())?.toString();
  if (signed === undefined) throw new SourceUnreadable(`${source.name} has no checkpoint`);
  const checkpoint = readCheckpoint(signed);
  await mkdir(dir, { recursive: true });
  const [held] = (await readRemembered(join(dir, 'checkpoint'))).map(readCheckpoint);
  if (held !== undefined) {
    if (held.origin !== checkpoint.origin)
      throw new SourceUnreadable(
        `${dir} holds the log ${held.origin}, not ${checkpoint.origin}: take another directory`,
      );
    if (held.size > checkpoint.size || (await beganWith(held, { source, checkpoint })) !== true)
      throw new SourceUnreadable(
        `${dir} holds another history: its ${entries(held.size)} are not the first of the log`,
      );
  }
  const copy = (tile: TileId) => copyTile(source, dir, tile, withEntries);
  for await (const { item } of inOrder(allTiles(checkpoint.size), source.readAhead, copy))
    if (item.level === 0)
      progress.report('entries written', item.index * TILE_WIDTH + item.width, checkpoint.size);
  const key = await source.key();
  if (key !== undefined) await writeFile(join(dir, 'key'), key);
  // Last, so that whoever reads meanwhile finds all that it calls for.
  await remember(join(dir, 'checkpoint'), [signed]);
  return checkpoint;
}

async function copyTile(source: LogSource, dir: string, tile: TileId, withEntries: boolean): Promise<void> {
  await copy(join(dir, tilePath(tile)), async () => (await source.tile(tile)) ?? missing(tilePath(tile)));
  if (!withEntries || tile.level > 0) return;
  const bundle = tilePath({ ...tile, level: 'entries' });
  await copy(join(dir, bundle), async () => encodeBundle((await source.leaves(tile)) ?? missing(bundle)));
}

async function copy(file: string, read: () => Promise<Buffer>): Promise<void> {
  if (await exists(file)) return;
  const bytes = await read();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.tmp`, bytes);
  await rename(`${file}.tmp`, file);
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function missing(path: string): never {
  throw new SourceUnreadable(`${path} is missing from the log`);
}
