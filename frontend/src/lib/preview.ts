// What an order will cost before it is sent, in the engine's own integers: notional is price times
// quantity, the fee is rounded up against the payer, a buy holds both.

import type { Market, OrderType, Side } from '../api/types';
import { ceil_div, format_units, parse_units, power_of_ten, units_of } from './decimal';

const kRateScale = 9;

/** A market's sizes in units: prices 10^-price_decimals, quantities 10^-quantity_decimals. */
export interface MarketUnits {
  price_decimals: number;
  quantity_decimals: number;
  quote_decimals: number;
  tick: bigint;
  lot: bigint;
  min_quantity: bigint;
  max_quantity: bigint;
  min_notional: bigint;
  max_notional: bigint | null;
  max_price: bigint | null;
  taker_rate: bigint;
  maker_rate: bigint;
}

export function market_units(market: Market): MarketUnits {
  const { price_decimals, quantity_decimals, quote_decimals } = market;
  const limit = (text: string | null, scale: number) =>
    text === null ? null : units_of(text, scale);
  return {
    price_decimals,
    quantity_decimals,
    quote_decimals,
    tick: units_of(market.tick_size, price_decimals),
    lot: units_of(market.lot_size, quantity_decimals),
    min_quantity: units_of(market.min_quantity, quantity_decimals),
    max_quantity: units_of(market.max_quantity, quantity_decimals),
    min_notional: units_of(market.min_notional, quote_decimals),
    max_notional: limit(market.max_notional, quote_decimals),
    max_price: limit(market.max_price, price_decimals),
    taker_rate: units_of(market.taker_fee, kRateScale),
    maker_rate: units_of(market.maker_fee, kRateScale),
  };
}

/** Price times quantity in minor units of the quote asset, rounded up where it is not whole. */
export function notional_of(units: MarketUnits, price: bigint, quantity: bigint): bigint {
  const surplus = units.price_decimals + units.quantity_decimals - units.quote_decimals;
  const product = price * quantity;
  return surplus >= 0 ? ceil_div(product, power_of_ten(surplus)) : product * power_of_ten(-surplus);
}

export function fee_of(notional: bigint, rate: bigint): bigint {
  return ceil_div(notional * rate, power_of_ten(kRateScale));
}

/** What a buy at `price` holds: notional and the dearer of both fees. */
export function hold_of(units: MarketUnits, price: bigint, quantity: bigint): bigint {
  const notional = notional_of(units, price, quantity);
  const rate = units.taker_rate > units.maker_rate ? units.taker_rate : units.maker_rate;
  return notional + fee_of(notional, rate);
}

/** The most that `budget` buys at `price`, fee included, in whole lots. */
export function affordable(units: MarketUnits, price: bigint, budget: bigint): bigint {
  if (price <= 0n || units.lot <= 0n || budget <= 0n) return 0n;
  let low = 0n;
  let high = units.max_quantity / units.lot;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (hold_of(units, price, middle * units.lot) <= budget) low = middle;
    else high = middle - 1n;
  }
  return low * units.lot;
}

/** `percent` of a balance as a sell quantity, in whole lots; `available` in quantity units. */
export function portion(units: MarketUnits, available: bigint, percent: bigint): bigint {
  if (units.lot <= 0n) return 0n;
  const part = (available * percent) / 100n;
  const whole = (part / units.lot) * units.lot;
  return whole > units.max_quantity ? units.max_quantity : whole;
}

export interface WalkLevel {
  price: string;
  quantity: string;
}

export interface Walk {
  /** What is traded, in quantity units, and its notional and fee in quote minor units. */
  quantity: bigint;
  notional: bigint;
  fee: bigint;
  worst_price: bigint | null;
  /** Whether the book shown holds all that was asked for. */
  complete: boolean;
}

/** Takes the shown book from its touch until `quantity` (or, for a budget, `budget`) is used up. */
export function walk_book(
  units: MarketUnits,
  levels: readonly WalkLevel[],
  wanted: { quantity: bigint } | { budget: bigint },
): Walk {
  const walk: Walk = { quantity: 0n, notional: 0n, fee: 0n, worst_price: null, complete: false };
  for (const level of levels) {
    const price = units_of(level.price, units.price_decimals);
    const there = units_of(level.quantity, units.quantity_decimals);
    let take: bigint;
    if ('quantity' in wanted) {
      const left = wanted.quantity - walk.quantity;
      take = left < there ? left : there;
    } else {
      const left = wanted.budget - walk.notional - fee_of(walk.notional, units.taker_rate);
      const most = affordable_taker(units, price, left);
      take = most < there ? most : there;
    }
    if (take <= 0n) break;
    walk.quantity += take;
    walk.notional += notional_of(units, price, take);
    walk.worst_price = price;
    if (take < there) break;
  }
  walk.fee = fee_of(walk.notional, units.taker_rate);
  walk.complete =
    'quantity' in wanted
      ? walk.quantity === wanted.quantity
      : walk.quantity > 0n && levels.length > 0 && !used_up(units, levels, walk.quantity);
  return walk;
}

function used_up(units: MarketUnits, levels: readonly WalkLevel[], quantity: bigint): boolean {
  let total = 0n;
  for (const level of levels) total += units_of(level.quantity, units.quantity_decimals);
  return quantity >= total;
}

function affordable_taker(units: MarketUnits, price: bigint, budget: bigint): bigint {
  return affordable({ ...units, maker_rate: 0n }, price, budget);
}

export interface Draft {
  side: Side;
  type: OrderType;
  price: string;
  quantity: string;
}

export interface Problem {
  field: 'price' | 'quantity';
  message: string;
}

function step_problem(name: string, value: bigint, step: bigint, scale: number): string | null {
  if (step > 0n && value % step !== 0n)
    return `${name} must be a multiple of ${format_units(step, scale)}.`;
  return null;
}

export function check_price(units: MarketUnits, text: string): string | null {
  const price = parse_units(text, units.price_decimals);
  if (price === null) return `At most ${units.price_decimals} digits after the point.`;
  if (price <= 0n) return 'Enter a price above 0.';
  if (units.max_price !== null && price > units.max_price)
    return `At most ${format_units(units.max_price, units.price_decimals)}.`;
  return step_problem('Price', price, units.tick, units.price_decimals);
}

export function check_quantity(units: MarketUnits, text: string): string | null {
  const scale = units.quantity_decimals;
  const quantity = parse_units(text, scale);
  if (quantity === null)
    return scale === 0 ? 'Whole numbers only.' : `At most ${scale} digits after the point.`;
  if (quantity < units.min_quantity) return `At least ${format_units(units.min_quantity, scale)}.`;
  if (quantity > units.max_quantity) return `At most ${format_units(units.max_quantity, scale)}.`;
  return step_problem('Quantity', quantity, units.lot, scale);
}

export function check_notional(units: MarketUnits, notional: bigint): string | null {
  const scale = units.quote_decimals;
  if (notional < units.min_notional)
    return `The order must be worth at least ${format_units(units.min_notional, scale)}.`;
  if (units.max_notional !== null && notional > units.max_notional)
    return `The order may be worth at most ${format_units(units.max_notional, scale)}.`;
  return null;
}

/** Average price of a walk, rounded to the market's price decimals; null when nothing trades. */
export function average_price(units: MarketUnits, walk: Walk): string | null {
  if (walk.quantity === 0n) return null;
  const scale = units.price_decimals + units.quantity_decimals - units.quote_decimals;
  const numerator = scale >= 0 ? walk.notional * power_of_ten(scale) : walk.notional;
  const denominator = scale >= 0 ? walk.quantity : walk.quantity * power_of_ten(-scale);
  return format_units((numerator + denominator / 2n) / denominator, units.price_decimals);
}
