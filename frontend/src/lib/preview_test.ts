import { describe, expect, it } from 'vitest';
import { kMarket } from './market_for_tests';
import {
  affordable,
  average_price,
  check_price,
  check_quantity,
  fee_of,
  hold_of,
  market_units,
  notional_of,
  portion,
  walk_book,
} from './preview';

const units = market_units(kMarket);

describe('money of an order', () => {
  it('multiplies exactly', () => {
    expect(notional_of(units, 9_000_000n, 1n)).toBe(90_000n); // 90000.00 * 0.01 = 900.00
    expect(notional_of(units, 9_007_199_254_740_993n, 100n)).toBe(9_007_199_254_740_993n);
  });

  it('rounds fees up against the payer', () => {
    expect(fee_of(90_000n, units.taker_rate)).toBe(45n);
    expect(fee_of(90_001n, units.taker_rate)).toBe(46n);
    expect(fee_of(1n, units.taker_rate)).toBe(1n);
    expect(fee_of(0n, units.taker_rate)).toBe(0n);
  });

  it('holds notional and the dearer fee', () => {
    expect(hold_of(units, 9_000_000n, 1n)).toBe(90_045n);
  });
});

describe('affordable', () => {
  it('is the most lots whose hold fits, for many budgets', () => {
    for (let budget = 0n; budget < 2_000_000n; budget += 17_771n) {
      const quantity = affordable(units, 9_000_000n, budget);
      expect(hold_of(units, 9_000_000n, quantity) <= budget || quantity === 0n).toBe(true);
      expect(hold_of(units, 9_000_000n, quantity + units.lot) > budget).toBe(true);
    }
  });

  it('stops at the largest order and at nonsense', () => {
    expect(affordable(units, 100n, 10n ** 18n)).toBe(units.max_quantity);
    expect(affordable(units, 0n, 10n ** 18n)).toBe(0n);
    expect(affordable(units, 100n, -1n)).toBe(0n);
  });

  it('takes part of a balance in whole lots', () => {
    expect(portion({ ...units, lot: 10n }, 99n, 50n)).toBe(40n);
    expect(portion(units, 7n, 100n)).toBe(7n);
  });
});

describe('walk_book', () => {
  const asks = [
    { price: '100.00', quantity: '1.00' },
    { price: '110.00', quantity: '2.00' },
  ];

  it('takes levels in turn', () => {
    const walk = walk_book(units, asks, { quantity: 200n });
    expect(walk.notional).toBe(21_000n);
    expect(walk.worst_price).toBe(11_000n);
    expect(walk.complete).toBe(true);
    expect(average_price(units, walk)).toBe('105.00');
  });

  it('says when the book is too short', () => {
    const walk = walk_book(units, asks, { quantity: 500n });
    expect(walk.quantity).toBe(300n);
    expect(walk.complete).toBe(false);
  });

  it('spends a budget without going over it, fee included', () => {
    const walk = walk_book(units, asks, { budget: 20_000n });
    expect(walk.notional + walk.fee <= 20_000n).toBe(true);
    const one_more = walk.notional + notional_of(units, 11_000n, 1n);
    expect(one_more + fee_of(one_more, units.taker_rate) > 20_000n).toBe(true);
    expect(walk.complete).toBe(true);
  });

  it('trades nothing in an empty book', () => {
    const walk = walk_book(units, [], { quantity: 1n });
    expect(walk.quantity).toBe(0n);
    expect(average_price(units, walk)).toBeNull();
  });
});

describe('checks of fields', () => {
  it('wants whole ticks and lots within the limits', () => {
    expect(check_price(units, '90000')).toBeNull();
    expect(check_price(units, '90000.50')).toMatch(/multiple of 1.00/);
    expect(check_price(units, '90000.001')).toMatch(/2 digits/);
    expect(check_price(units, '0')).toMatch(/above 0/);
    expect(check_price(units, '10000001')).toMatch(/At most/);
    expect(check_quantity(units, '0.01')).toBeNull();
    expect(check_quantity(units, '0')).toMatch(/At least/);
    expect(check_quantity(units, '1000.01')).toMatch(/At most/);
  });
});
