// The shape of the depth chart: book levels to points in a box of 0..1 by 0..1. Shares of a whole
// are worked out in BigInt and only then become numbers for drawing.

import type { ViewLevel } from './book';
import { format_units, units_of } from './decimal';

const kParts = 1_000_000n;

export interface DepthPoint {
  x: number;
  y: number;
}

export interface DepthShape {
  bids: DepthPoint[];
  asks: DepthPoint[];
  low_price: string;
  mid_price: string;
  high_price: string;
  most: string;
}

function share(part: bigint, whole: bigint): number {
  return whole <= 0n ? 0 : Number((part * kParts) / whole) / Number(kParts);
}

/**
 * Steps of both sides, symmetric about the mid price: as far as the nearer end of the two sides
 * reaches, so that the chart does not lean. Null when a side is empty.
 */
export function depth_shape(
  bids: readonly ViewLevel[],
  asks: readonly ViewLevel[],
  price_decimals: number,
  quantity_decimals: number,
): DepthShape | null {
  const price = (level: ViewLevel | undefined) => units_of(level?.price, price_decimals);
  if (bids.length === 0 || asks.length === 0) return null;
  const mid = (price(bids[0]) + price(asks[0])) / 2n;
  const down = mid - price(bids[bids.length - 1]);
  const up = price(asks[asks.length - 1]) - mid;
  const nearer = (down < up ? down : up) || (down > up ? down : up) || 1n;
  const reach = nearer + nearer / 50n;
  const low = mid - reach;
  const inside = (level: ViewLevel) => {
    const at = price(level);
    return at >= low && at <= mid + reach;
  };
  const shown_bids = bids.filter(inside);
  const shown_asks = asks.filter(inside);
  const total = (levels: ViewLevel[]) => units_of(levels.at(-1)?.total, quantity_decimals);
  const most = total(shown_bids) > total(shown_asks) ? total(shown_bids) : total(shown_asks);
  const points = (levels: ViewLevel[]) =>
    levels.map((level) => ({
      x: share(price(level) - low, reach * 2n),
      y: share(units_of(level.total, quantity_decimals), most),
    }));
  return {
    bids: points(shown_bids),
    asks: points(shown_asks),
    low_price: format_units(low, price_decimals),
    mid_price: format_units(mid, price_decimals),
    high_price: format_units(mid + reach, price_decimals),
    most: format_units(most, quantity_decimals),
  };
}

/** An SVG path of steps through `points` in a box `width` by `height`, closed at the bottom. */
export function depth_path(
  points: readonly DepthPoint[],
  width: number,
  height: number,
  edge: number,
): { line: string; area: string } {
  const first = points[0];
  if (!first) return { line: '', area: '' };
  const at = (n: number) => Math.round(n * 10) / 10;
  let line = `M${at(first.x * width)},${height}`;
  for (const point of points) {
    line += `H${at(point.x * width)}V${at(height - point.y * height)}`;
  }
  line += `H${at(edge * width)}`;
  return { line, area: `${line}V${height}Z` };
}
