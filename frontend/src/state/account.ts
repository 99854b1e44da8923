// The signed-in account: balances, orders and fills as the venue tells them.

import type { Balance, Fill, Order } from '../api/types';
import { merge_fills, merge_orders, settle_open_orders } from '../lib/account';
import { trim_zeros } from '../lib/decimal';
import type { AccountFrame } from '../worker/messages';
import { auth } from './auth';
import { chime } from './sound';
import { create_store } from './store';
import { toast } from './toasts';

export interface Account {
  /** Whether balances and open orders have been read since sign-in. */
  ready: boolean;
  /** Whether the history has been. */
  history_ready: boolean;
  orders: Order[];
  fills: Fill[];
  balances: Balance[];
  /** The last `read_account` that a reading of either kind has answered. */
  current_asked: number;
  history_asked: number;
}

const kNothing: Account = {
  ready: false,
  history_ready: false,
  orders: [],
  fills: [],
  balances: [],
  current_asked: 0,
  history_asked: 0,
};

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
  if (update.source === 'push' && known.ready) tell_maker_fills(known.fills, fills);
  const orders =
    update.source === 'current'
      ? settle_open_orders(known.orders, update.orders, update.read_at)
      : merge_orders(known.orders, update.orders);
  account.set({
    ready: known.ready || update.source === 'current',
    history_ready: known.history_ready || update.source === 'history',
    orders,
    fills,
    balances: update.balances ?? known.balances,
    current_asked: update.source === 'current' ? update.asked : known.current_asked,
    history_asked: update.source === 'history' ? update.asked : known.history_asked,
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
