// Candles: intervals, and how live ones go on from those that were read.

import type { Candle, Interval } from '../api/types';

const kMinute = 60_000;
export const kIntervalMs: Record<Interval, number> = {
  '1m': kMinute,
  '5m': 5 * kMinute,
  '15m': 15 * kMinute,
  '1h': 60 * kMinute,
  '4h': 240 * kMinute,
  '1d': 1440 * kMinute,
};

/** Puts a live candle behind those known (oldest first), or in the place of one with its time. */
export function merge_candle(known: readonly Candle[], live: Candle): Candle[] {
  const last = known[known.length - 1];
  if (!last || live.open_time > last.open_time) return [...known, live];
  const at = known.findLastIndex((candle) => candle.open_time <= live.open_time);
  if (at >= 0 && known[at]?.open_time === live.open_time) {
    const next = known.slice();
    next[at] = live;
    return next;
  }
  return [...known.slice(0, at + 1), live, ...known.slice(at + 1)];
}

/**
 * A moving average over `length` closes, for drawing a line: pixels, not money, hence numbers.
 * Entries before there are `length` closes are null.
 */
export function moving_average(closes: readonly number[], length: number): (number | null)[] {
  let sum = 0;
  return closes.map((close, at) => {
    sum += close;
    if (at >= length) sum -= closes[at - length] as number;
    return at >= length - 1 ? sum / length : null;
  });
}
