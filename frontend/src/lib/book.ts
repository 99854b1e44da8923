// The arithmetic of an order book: absolute levels in, sorted sides and running totals out.

import { format_units, power_of_ten, units_of } from './decimal';

export interface Level {
  price: bigint;
  quantity: bigint;
}

export interface BookScales {
  price_decimals: number;
  quantity_decimals: number;
}

/** One side, best price first. */
export class BookSide {
  readonly levels: Level[] = [];

  constructor(private readonly descending: boolean) {}

  /** Where `price` stands or would be put in. */
  private position_of(price: bigint): number {
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = (this.levels[middle] as Level).price;
      if (this.descending ? there > price : there < price) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Sets the whole quantity at a price; 0 takes the level away. */
  set(price: bigint, quantity: bigint): void {
    const at = this.position_of(price);
    const there = this.levels[at];
    if (there?.price === price) {
      if (quantity === 0n) this.levels.splice(at, 1);
      else there.quantity = quantity;
    } else if (quantity !== 0n) {
      this.levels.splice(at, 0, { price, quantity });
    }
  }

  clear(): void {
    this.levels.length = 0;
  }
}

export class Book {
  readonly bids = new BookSide(true);
  readonly asks = new BookSide(false);

  constructor(readonly scales: BookScales) {}

  /** Applies [price, quantity] pairs; a snapshot replaces what was there. Returns changes made. */
  apply(push: { snapshot?: boolean; bids: [string, string][]; asks: [string, string][] }): number {
    if (push.snapshot) {
      this.bids.clear();
      this.asks.clear();
    }
    this.apply_side(this.bids, push.bids);
    this.apply_side(this.asks, push.asks);
    return push.bids.length + push.asks.length;
  }

  private apply_side(side: BookSide, changes: [string, string][]): void {
    for (const [price, quantity] of changes) {
      side.set(
        units_of(price, this.scales.price_decimals),
        units_of(quantity, this.scales.quantity_decimals),
      );
    }
  }
}

/** A level made ready for the eye: `total` runs from the touch, `share` is total in 1/1000. */
export interface ViewLevel {
  price: string;
  quantity: string;
  total: string;
  share: number;
}

export interface BookView {
  market: string;
  group: string;
  sequence: number;
  time: number;
  bids: ViewLevel[];
  asks: ViewLevel[];
  spread: string | null;
  /** Spread over mid price in hundredths of a percent, one digit: "4.0". */
  spread_bp: string | null;
}

function view_side(levels: Level[], scales: BookScales, depth: number, most: bigint): ViewLevel[] {
  const view: ViewLevel[] = [];
  let total = 0n;
  for (const level of levels.slice(0, depth)) {
    total += level.quantity;
    view.push({
      price: format_units(level.price, scales.price_decimals),
      quantity: format_units(level.quantity, scales.quantity_decimals),
      total: format_units(total, scales.quantity_decimals),
      share: most === 0n ? 0 : Number((total * 1000n) / most),
    });
  }
  return view;
}

function total_of(levels: Level[], rows: number): bigint {
  let total = 0n;
  for (const level of levels.slice(0, rows)) total += level.quantity;
  return total;
}

export function spread_bp(bid: bigint, ask: bigint): string {
  return format_units(((ask - bid) * 2n * power_of_ten(5)) / (ask + bid), 1);
}

/**
 * The best `depth` levels of both sides. Bars are as long as the running total compares with the
 * larger total within the first `rows` levels, those which are on the screen.
 */
export function view_book(
  book: Book,
  about: { market: string; group: string; sequence: number; time: number },
  depth: number,
  rows: number,
): BookView {
  const { bids, asks, scales } = book;
  const bid_total = total_of(bids.levels, rows);
  const ask_total = total_of(asks.levels, rows);
  const most = bid_total > ask_total ? bid_total : ask_total;
  const bid = bids.levels[0]?.price;
  const ask = asks.levels[0]?.price;
  const both = bid !== undefined && ask !== undefined;
  return {
    ...about,
    bids: view_side(bids.levels, scales, depth, most),
    asks: view_side(asks.levels, scales, depth, most),
    spread: both ? format_units(ask - bid, scales.price_decimals) : null,
    spread_bp: both && ask > bid ? spread_bp(bid, ask) : null,
  };
}

/**
 * The price of the level in which an order at `price` is counted when levels are `group` wide:
 * bids go down to it, asks up, so that no level looks better than its orders are.
 */
export function level_of(price: bigint, group: bigint, side: 'buy' | 'sell'): bigint {
  if (group <= 0n) return price;
  const down = (price / group) * group;
  return side === 'buy' || down === price ? down : down + group;
}

/** Steps by which levels may be grouped, finest ("none") first. */
export function group_choices(tick_size: string, price_decimals: number): string[] {
  const tick = units_of(tick_size, price_decimals);
  const wider = [5n, 10n, 50n, 100n, 500n].map((n) => format_units(tick * n, price_decimals));
  return ['none', ...wider];
}
