import { describe, expect, it } from 'vitest';
import type { Balance, Fill, Order, Ticker } from '../api/types';
import { compare_ids, merge_fills, merge_orders, settle_open_orders } from './account';
import { kMarket } from './market_for_tests';
import { portfolio_value, value_in } from './valuation';

function order(change: Partial<Order>): Order {
  return {
    order_id: '1',
    client_order_id: null,
    market: 'BTC/EUR',
    side: 'buy',
    type: 'limit',
    time_in_force: 'gtc',
    price: '1.00',
    quantity: '10',
    filled_quantity: '0',
    remaining_quantity: '10',
    average_price: null,
    status: 'open',
    reason: null,
    created_at: 1,
    updated_at: 1,
    ...change,
  };
}

function fill(trade_id: string, time: number): Fill {
  return {
    trade_id,
    order_id: '1',
    market: 'BTC/EUR',
    side: 'buy',
    price: '1.00',
    quantity: '1',
    fee: '0.01',
    fee_asset: 'EUR',
    liquidity: 'taker',
    time,
  };
}

describe('merge_orders', () => {
  it('keeps the later state, whatever comes first', () => {
    const open = order({});
    const partly = order({ status: 'partially_filled', filled_quantity: '9', updated_at: 2 });
    const filled = order({ status: 'filled', filled_quantity: '10', updated_at: 2 });
    for (const states of [
      [open, partly, filled],
      [filled, open, partly],
      [partly, filled, open],
    ]) {
      const merged = states.reduce<Order[]>((known, next) => merge_orders(known, [next]), []);
      expect(merged).toEqual([filled]);
    }
  });

  it('compares quantities as numbers, not as text', () => {
    const nine = order({ status: 'partially_filled', filled_quantity: '9.5' });
    const ten = order({ status: 'partially_filled', filled_quantity: '10' });
    expect(merge_orders([ten], [nine])).toEqual([ten]);
    expect(merge_orders([nine], [ten])).toEqual([ten]);
  });

  it('puts the newest first and gives the same array when nothing is new', () => {
    const known = [order({ order_id: '9', created_at: 5 }), order({})];
    expect(merge_orders(known, [order({ updated_at: 0 })])).toBe(known);
    const merged = merge_orders(known, [order({ order_id: '10', created_at: 5 })]);
    expect(merged.map((one) => one.order_id)).toEqual(['10', '9', '1']);
  });
});

describe('settle_open_orders', () => {
  it('drops what ended unseen, keeps what changed after the reading began', () => {
    const known = [
      order({ order_id: '1', updated_at: 5 }),
      order({ order_id: '2', updated_at: 50 }),
      order({ order_id: '3', status: 'filled', updated_at: 5 }),
    ];
    const settled = settle_open_orders(known, [order({ order_id: '4' })], 20);
    expect(settled.map((one) => one.order_id).sort()).toEqual(['2', '3', '4']);
  });
});

describe('merge_fills', () => {
  it('counts every fill once, newest first', () => {
    const known = merge_fills([], [fill('1', 10), fill('2', 20)]);
    expect(merge_fills(known, [fill('2', 20)])).toBe(known);
    expect(merge_fills(known, [fill('10', 20)]).map((one) => one.trade_id)).toEqual([
      '10',
      '2',
      '1',
    ]);
  });

  it('orders ids as numbers', () => {
    expect(compare_ids('9', '10')).toBeLessThan(0);
    expect(compare_ids('18446744073709551615', '18446744073709551614')).toBeGreaterThan(0);
    expect(compare_ids('5', '5')).toBe(0);
  });
});

describe('valuation', () => {
  const balance = (asset: string, total: string, decimals: number): Balance => ({
    asset,
    available: total,
    held: '0',
    total,
    decimals,
  });
  const tickers = { 'BTC/EUR': { last: '90000.00' } as Ticker };

  it('values at the last price, to the cent', () => {
    const btc = balance('BTC', '0.12345678', 8);
    expect(value_in('EUR', 2, btc, [kMarket], tickers)).toBe(1_111_111n);
    const all = [btc, balance('EUR', '0.01', 2)];
    expect(portfolio_value('EUR', 2, all, [kMarket], tickers)).toBe('11111.12');
  });

  it('says when it knows no price', () => {
    expect(value_in('EUR', 2, balance('BTC', '1', 8), [kMarket], {})).toBeNull();
    expect(value_in('EUR', 2, balance('BTC', '0', 8), [kMarket], {})).toBe(0n);
  });
});
