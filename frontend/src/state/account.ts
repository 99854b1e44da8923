// The signed-in account: balances, orders and fills as the venue tells them.

import type { Balance, Fill, Order } from '../api/types';
import { is_open, merge_fills, merge_orders, settle_open_orders } from '../lib/account';
import { trim_zeros } from '../lib/decimal';
import type { AccountFrame } from '../worker/messages';
import { auth } from './auth';
import { chime } from './sound';
import { create_store } from './store';
import { toast } from './toasts';

export interface Account {
  /** Whether a complete reading has come since sign-in. */
  ready: boolean;
  orders: Order[];
  fills: Fill[];
  balances: Balance[];
  /** Counts complete readings, for who waits for one. */
  readings: number;
}

const kNothing: Account = { ready: false, orders: [], fills: [], balances: [], readings: 0 };

export const account = create_store<Account>(kNothing);

auth.subscribe(() => {
  if (auth.get().state === 'signed_out' && account.get() !== kNothing) account.set(kNothing);
});

/** Resting orders fill while nobody looks: say so. Fills of an order just sent are in its reply. */
function tell_maker_fills(known: Fill[], merged: Fill[]): void {
  if (merged === known) return;
  const seen = new Set(known.map((fill) => `${fill.trade_id}|${fill.order_id}`));
  for (const fill of merged) {
    if (fill.liquidity !== 'maker' || seen.has(`${fill.trade_id}|${fill.order_id}`)) continue;
    const base = fill.market.split('/')[0] ?? '';
    const did = fill.side === 'buy' ? 'Bought' : 'Sold';
    const what = `${did} ${trim_zeros(fill.quantity)} ${base} at ${fill.price}`;
    toast('good', 'Your order was filled', what);
    chime();
  }
}

export function take_account(update: AccountFrame): void {
  if (auth.get().state !== 'signed_in') return;
  const known = account.get();
  const fills = merge_fills(known.fills, update.fills);
  if (!update.snapshot && known.ready) tell_maker_fills(known.fills, fills);
  const open = update.orders.filter((order) => is_open(order.status));
  const closed = update.orders.filter((order) => !is_open(order.status));
  const orders = update.snapshot
    ? merge_orders(settle_open_orders(known.orders, open, update.read_at), closed)
    : merge_orders(known.orders, update.orders);
  const balances = update.balances ? update.balances : known.balances;
  account.set({
    ready: known.ready || update.snapshot,
    orders,
    fills,
    balances,
    readings: known.readings + (update.snapshot ? 1 : 0),
  });
}

/** What a reply says of an order; the push about it may come before or after. */
export function take_reply(order: Order, fills: Fill[]): void {
  const known = account.get();
  account.set({
    ...known,
    orders: merge_orders(known.orders, [order]),
    fills: merge_fills(known.fills, fills),
  });
}

/** Older entries that were read for the history. */
export function take_older(orders: Order[], fills: Fill[]): void {
  const known = account.get();
  account.set({
    ...known,
    orders: merge_orders(known.orders, orders),
    fills: merge_fills(known.fills, fills),
  });
}
