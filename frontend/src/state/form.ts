// The order form's content, outside React so that the book, the chart and keys can fill it.

import type { Balance, Market, OrderType, Side, TimeInForce } from '../api/types';
import { format_units, parse_units, units_of } from '../lib/decimal';
import { affordable, market_units, portion } from '../lib/preview';
import { account } from './account';
import { book } from './feed';
import { current } from './market';
import { create_store } from './store';

export interface Form {
  side: Side;
  type: OrderType;
  time_in_force: TimeInForce;
  price: string;
  quantity: string;
  /** A market buy may say what it spends instead of what it gets. */
  by_amount: boolean;
  amount: string;
  percent: number | null;
  /** Whether problems are shown: not before the first try to send. */
  tried: boolean;
  sending: boolean;
}

const kEmpty: Form = {
  side: 'buy',
  type: 'limit',
  time_in_force: 'gtc',
  price: '',
  quantity: '',
  by_amount: false,
  amount: '',
  percent: null,
  tried: false,
  sending: false,
};

export const form = create_store<Form>(kEmpty);

/** Market orders may go this far through the book, in percent of the touch. */
export const kSlippagePercent = 2n;

export function available_of(balances: readonly Balance[], asset: string): string {
  return balances.find((balance) => balance.asset === asset)?.available ?? '0';
}

const available = (asset: string) => available_of(account.get().balances, asset);

export function set_price(price: string): void {
  form.patch({ price, type: 'limit', percent: null });
}

export function set_side(side: Side): void {
  form.patch({ side, percent: null, tried: false });
}

export function set_type(type: OrderType): void {
  form.patch({ type, percent: null, tried: false });
}

/** Moves the price by whole ticks. */
export function step_price(market: Market, ticks: number): void {
  const units = market_units(market);
  const now = parse_units(form.get().price, units.price_decimals) ?? 0n;
  const next = now + units.tick * BigInt(ticks);
  if (next > 0n) form.patch({ price: format_units(next, units.price_decimals), percent: null });
}

/** The best price of the side an order of `side` would trade with. */
export function touch_of(side: Side): string | null {
  const view = book.get();
  return (side === 'buy' ? view?.asks[0] : view?.bids[0])?.price ?? null;
}

/** The worst price a market buy by quantity accepts: the touch and kSlippagePercent, on a tick. */
export function worst_price(market: Market, touch: string): string {
  const units = market_units(market);
  const price = units_of(touch, units.price_decimals);
  const worst = ((price * (100n + kSlippagePercent)) / 100n / units.tick) * units.tick;
  const most = units.max_price !== null && worst > units.max_price ? units.max_price : worst;
  return format_units(most, units.price_decimals);
}

/** Sets quantity (or amount) to `percent` of what is available. */
export function set_percent(market: Market, percent: number): void {
  const { side, type, price } = form.get();
  const units = market_units(market);
  const part = BigInt(percent);
  if (side === 'sell') {
    const there = units_of_fine(available(market.base), units.quantity_decimals);
    const quantity = format_units(portion(units, there, part), units.quantity_decimals);
    form.patch({ quantity, percent });
    return;
  }
  const budget = (units_of(available(market.quote), units.quote_decimals) * part) / 100n;
  if (type === 'market') {
    form.patch({ by_amount: true, amount: format_units(budget, units.quote_decimals), percent });
    return;
  }
  const at = parse_units(price, units.price_decimals) ?? 0n;
  const quantity = affordable(units, at, budget);
  form.patch({ quantity: format_units(quantity, units.quantity_decimals), percent });
}

/** `text` in units of 10^-scale, finer digits cut off. */
function units_of_fine(text: string, scale: number): bigint {
  const point = text.indexOf('.');
  return units_of(point < 0 ? text : text.slice(0, point + 1 + scale), scale);
}

let filled_for = '';

current.subscribe(() => {
  const { side, type, time_in_force } = form.get();
  form.set({ ...kEmpty, side, type, time_in_force });
  filled_for = '';
});

// The first book of a market gives the form its first price.
book.subscribe(() => {
  const view = book.get();
  const market = current.get();
  if (!view || !market || view.market !== market.market || filled_for === market.market) return;
  const price = (form.get().side === 'buy' ? view.bids[0] : view.asks[0])?.price;
  if (!price) return;
  filled_for = market.market;
  if (form.get().price === '') form.patch({ price });
});
