import { describe, expect, it } from 'vitest';
import { hasLoneSurrogate } from './body-parser.js';

describe('hasLoneSurrogate', () => {
  it.each(['"\\ud800"', '{"a":["x","\\udc00y"]}', '{"\\ud83d":1}', '"\\udc00\\ud800"'])(
    'finds it in %s',
    (json) => {
      expect(hasLoneSurrogate(JSON.parse(json))).toBe(true);
    },
  );

  it.each(['"\\ud83d\\ude00"', '"😀"', '"\\\\ud800"', '{"a":[null,1,true,{"b":"c"}]}', '0', 'null'])(
    'lets %s pass',
    (json) => {
      expect(hasLoneSurrogate(JSON.parse(json))).toBe(false);
    },
  );
});
