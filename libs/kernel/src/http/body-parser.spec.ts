import { describe, expect, it } from 'vitest';
import { faultOf } from './body-parser.js';

describe('a body', () => {
  it.each(['"\\ud800"', '{"a":["x","\\udc00y"]}', '{"\\ud83d":1}', '"\\udc00\\ud800"'])(
    'is refused for the half characters in %s',
    (json) => {
      expect(faultOf(JSON.parse(json), 32)).toMatch(/surrogate/);
    },
  );

  it.each(['1e400', '{"amount":-1e999}', '[[1e309]]'])('is refused for the endless number in %s', (json) => {
    expect(faultOf(JSON.parse(json), 32)).toMatch(/number/);
  });

  it.each(['"\\ud83d\\ude00"', '"😀"', '"\\\\ud800"', '{"a":[null,1,true,{"b":"c"}]}', '0', 'null', '1e308'])(
    'may be %s',
    (json) => {
      expect(faultOf(JSON.parse(json), 32)).toBeUndefined();
    },
  );
});
