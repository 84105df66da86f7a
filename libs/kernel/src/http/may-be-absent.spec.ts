import 'reflect-metadata';
import { IsInt, validateSync } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { MayBeAbsent } from './may-be-absent.js';

class Order {
  @MayBeAbsent()
  @IsInt()
  readonly amount?: number;
}

describe('a field that may be absent', () => {
  it('is checked when it is null', () => {
    const failures = [{}, { amount: undefined }, { amount: 1 }, { amount: null }, { amount: 'x' }].map(
      (fields) => validateSync(Object.assign(new Order(), fields)).length,
    );
    expect(failures).toEqual([0, 0, 0, 1, 1]);
  });
});
