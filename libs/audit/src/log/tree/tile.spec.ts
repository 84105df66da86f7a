import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allTiles, parseTilePath, partialTiles, tilePath, tileWidth } from './tile.js';

const places = fc.record({
  level: fc.oneof(fc.nat(63), fc.constant('entries' as const)),
  index: fc.oneof(fc.nat(5_000_000), fc.maxSafeNat()),
  width: fc.integer({ min: 1, max: 256 }),
});

describe('the path of a tile', () => {
  it('is that of the standard', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 12, index: 0, width: 1 })).toBe('tile/12/000.p/1');
    expect(tilePath({ level: 'entries', index: 1000, width: 255 })).toBe('tile/entries/x001/000.p/255');
  });

  it('is read back to where it came from', () => {
    fc.assert(
      fc.property(places, (place) => {
        expect(parseTilePath(tilePath(place))).toEqual(place);
      }),
    );
  });

  it.each([
    'tile/0/67',
    'tile/0/0067',
    'tile/0/x000/067',
    'tile/0/001/067',
    'tile/0/x001/x067',
    'tile/0/x001067',
    'tile/00/067',
    'tile/64/067',
    'tile/-1/067',
    'tile/data/067',
    'tile/0/067.p/0',
    'tile/0/067.p/01',
    'tile/0/067.p/256',
    'tile/0/067.p/257',
    'tile/0/067.p/999',
    'tile/0/067.p/',
    'tile/0/067.p',
    'tile/0/067/',
    '/tile/0/067',
    'tile/0/067\n',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/٠٦٧',
    '',
  ])('is refused when it is %j', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });

  it('is the only one of its tile: what is read writes the same path', () => {
    const texts = fc.stringMatching(/^tile\/(entries|\d{1,2})\/(x?\d{3}\/){0,2}x?\d{1,4}(\.p\/\d{1,3})?$/);
    fc.assert(
      fc.property(texts, (path) => {
        const place = parseTilePath(path);
        if (place !== undefined) expect(tilePath(place)).toBe(path);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the tiles of a tree', () => {
  it('of 70,000 leaves are those that the standard counts', () => {
    const tiles = [...allTiles(70_000)];
    const full = (level: number) => tiles.filter((tile) => tile.level === level && tile.width === 256).length;
    expect([full(0), full(1), full(2)]).toEqual([273, 1, 0]);
    expect(partialTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  it('of 256 leaves are a full one and one above it with one hash', () => {
    expect([...allTiles(256)]).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
  });

  it('of no leaves are none', () => {
    expect([...allTiles(0)]).toEqual([]);
    expect(partialTiles(0)).toEqual([]);
  });

  it('have one width, however it is asked for', () => {
    fc.assert(
      fc.property(fc.nat(200_000), (size) => {
        const tiles = [...allTiles(size)];
        for (const { level, index, width } of tiles) expect(tileWidth(level, index, size)).toBe(width);
        expect(tiles.filter(({ width }) => width < 256)).toEqual(partialTiles(size));
        const { level, index } = tiles.at(-1) ?? { level: 0, index: -1 };
        expect(tileWidth(level, index + 1, size)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
