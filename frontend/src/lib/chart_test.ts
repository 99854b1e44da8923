import { describe, expect, it } from 'vitest';
import type { Candle } from '../api/types';
import { merge_candle, moving_average } from './candles';
import { depth_path, depth_shape } from './depth';
import { clock, duration, reason_words } from './words';

function candle(open_time: number, close = '1'): Candle {
  return { open_time, open: '1', high: '1', low: '1', close, volume: '0' };
}

describe('merge_candle', () => {
  const known = [candle(60), candle(120)];

  it('appends, replaces and puts in between', () => {
    expect(merge_candle(known, candle(180)).map((one) => one.open_time)).toEqual([60, 120, 180]);
    const replaced = merge_candle(known, candle(120, '2'));
    expect(replaced).toHaveLength(2);
    expect(replaced[1]?.close).toBe('2');
    expect(merge_candle(known, candle(90)).map((one) => one.open_time)).toEqual([60, 90, 120]);
    expect(merge_candle(known, candle(30)).map((one) => one.open_time)).toEqual([30, 60, 120]);
    expect(merge_candle([], candle(60))).toHaveLength(1);
    expect(known).toHaveLength(2);
  });
});

describe('moving_average', () => {
  it('begins when there is enough', () => {
    expect(moving_average([1, 2, 3, 4], 2)).toEqual([null, 1.5, 2.5, 3.5]);
  });
});

describe('depth_shape', () => {
  const level = (price: string, total: string) => ({ price, quantity: '1', total, share: 0 });

  it('is symmetric about the middle', () => {
    const shape = depth_shape(
      [level('99.00', '2'), level('90.00', '4')],
      [level('101.00', '1'), level('110.00', '3')],
      2,
      0,
    );
    expect(shape).toMatchObject({ low_price: '89.80', mid_price: '100.00', high_price: '110.20' });
    expect(shape?.bids.map((point) => point.y)).toEqual([0.5, 1]);
    const places = [...(shape?.bids ?? []), ...(shape?.asks ?? [])].map((point) => point.x);
    [0.45098, 0.009803, 0.549019, 0.990196].forEach((x, at) => {
      expect(places[at]).toBeCloseTo(x, 5);
    });
  });

  it('needs both sides', () => {
    expect(depth_shape([], [level('1.00', '1')], 2, 0)).toBeNull();
  });

  it('draws steps', () => {
    const { line, area } = depth_path([{ x: 0.5, y: 0.5 }], 100, 10, 0);
    expect(line).toBe('M50,10H50V5H0');
    expect(area).toBe(`${line}V10Z`);
  });
});

describe('words', () => {
  it('makes codes readable, known or not', () => {
    expect(reason_words('RISK_INSUFFICIENT_BALANCE')).toBe('Not enough available balance');
    expect(reason_words('SOME_NEW_CODE')).toBe('Some new code');
    expect(reason_words(null)).toBe('');
  });

  it('tells durations', () => {
    expect(duration(1)).toBe('1 s');
    expect(duration(59_001)).toBe('1 min');
    expect(duration(3 * 3_600_000 + 12 * 60_000)).toBe('3 h 12 min');
    expect(clock(0)).toMatch(/^\d\d:\d\d:\d\d$/);
  });
});
