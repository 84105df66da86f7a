import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { tellStory } from '../../apps/tour/src/story.js';
import { root } from '../support/rooms.js';
import { administrator, StewardProcess } from '../support/steward-process.js';

describeOnEveryDialect('the tour', (dialect) => {
  let steward: StewardProcess;

  beforeAll(async () => {
    steward = await StewardProcess.start({ dialect });
  });

  afterAll(async () => {
    await steward?.stop();
  });

  it('happens as the README tells it', async () => {
    const lines: string[] = [];
    await tellStory({ baseUrl: steward.baseUrl, mailDir: steward.mailDir, administrator }, (line) =>
      lines.push(line),
    );
    const told = lines.join('\n');
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const transcript = /```text tour\n([^]*?)```/.exec(readme)?.[1] ?? '';
    expect(shape(transcript)).toEqual(shape(told));
  });
});

/** The transcript without what differs each time: ids, instants, keys, places in
 * the log, random parts of addresses, and the padding of columns. */
function shape(text: string): string[] {
  return text
    .replace(/\d{4}-\d\d-\d\d[T ][\d:.]+Z?/g, '<instant>')
    .replace(/\b([a-z]{3})_[0-9a-z]{26}\b/g, '$1_…')
    .replace(/ada\.[0-9a-f]+@/g, 'ada.…@')
    .replace(/steward-[0-9a-f]{8}\/v1\/log(\+[0-9a-f]{8}\+[\w+/=]+)?/g, 'steward-…/v1/log')
    .replace(/leaf \d+ of \d+/g, 'leaf … of …')
    .replace(/ +/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
