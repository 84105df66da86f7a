import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CopiedRepository } from './copied-repository.js';
import { blocksOf } from './document.js';

const page = 'docs/extending.md';

describe(page, () => {
  const blocks = blocksOf(page);
  let copy: CopiedRepository;

  beforeAll(() => {
    copy = new CopiedRepository();
    copy.follow(blocks);
  });
  afterAll(() => copy?.remove());

  it('compiles', () => {
    const built = copy.run('scripts/build.mjs', []);
    expect(built.output).not.toContain('error TS');
    expect(built.code).toBe(0);
  });
});
