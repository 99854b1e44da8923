// Sending, amending and cancelling, and telling what became of it.

import { VenueError } from '../api/http';
import type { Market, NewOrder, Order, OrderReply } from '../api/types';
import { is_open } from '../lib/account';
import { trim_zeros, units_of } from '../lib/decimal';
import { reason_words } from '../lib/words';
import { account, take_reply } from './account';
import { auth } from './auth';
import { read_account, request } from './feed';
import { chime } from './sound';
import { toast } from './toasts';

/** For pushes that were under way when a reading was answered. */
const kPushesMs = 1_000;

/** Unique per account: milliseconds, then 20 random bits; fits in 63 bits. */
export function new_client_order_id(): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0] as number;
  return ((BigInt(Date.now()) << 20n) | BigInt(random & 0xfffff)).toString();
}

export function describe(order: Order): string {
  const base = order.market.split('/')[0] ?? '';
  const verb = order.side === 'buy' ? 'Buy' : 'Sell';
  const price = order.price && order.type === 'limit' ? ` at ${order.price}` : '';
  return `${verb} ${trim_zeros(order.quantity)} ${base}${price}`;
}

function describe_wanted(wanted: NewOrder): string {
  const [base = '', quote = ''] = wanted.market.split('/');
  const verb = wanted.side === 'buy' ? 'Buy' : 'Sell';
  const price = wanted.price && wanted.type === 'limit' ? ` at ${wanted.price}` : '';
  if (!wanted.quantity) return `${verb} ${base} for ${wanted.quote_amount} ${quote}`;
  return `${verb} ${wanted.quantity} ${base}${price}`;
}

function filled_words(order: Order): string {
  const base = order.market.split('/')[0] ?? '';
  const did = order.side === 'buy' ? 'Bought' : 'Sold';
  const average = order.average_price ? ` at ${order.average_price}` : '';
  return `${did} ${trim_zeros(order.filled_quantity)} ${base}${average}`;
}

/** `took_ms`: from sending to the venue's committed decision; 0 when not known. */
function tell_outcome(order: Order, took_ms = 0): void {
  const took = took_ms > 0 ? ` · ${Math.max(1, Math.round(took_ms))} ms` : '';
  const some = units_of(order.filled_quantity, 18) > 0n;
  if (some) chime();
  if (order.status === 'filled') toast('good', 'Order filled', filled_words(order) + took);
  else if (order.status === 'rejected') toast('bad', 'Order refused', reason_words(order.reason));
  else if (order.status === 'cancelled') {
    const why = reason_words(order.reason);
    toast(
      'info',
      some ? 'Partly filled, rest cancelled' : 'Not filled',
      some ? `${filled_words(order)}. ${why}` : why,
    );
  } else if (some) {
    toast('good', 'Partly filled, rest is in the book', filled_words(order) + took);
  } else toast('good', 'Order is in the book', describe(order) + took);
}

function tell_error(title: string, error: unknown): void {
  if (!(error instanceof VenueError)) throw error;
  const words = reason_words(error.code);
  const detail = error.message && error.message !== error.code ? error.message : '';
  toast('bad', title, detail || words);
}

/**
 * After a lost answer: has the account read anew, and says what the venue knows of the order. A
 * reading that began after the answer was lost, and is given, has every order that there is or that
 * can still come of what was sent: only then is one that it lacks said to be none.
 */
function watch_outcome(client_order_id: string, wanted: string): void {
  toast('info', 'Outcome not known yet', `${wanted}: told as soon as the venue says it.`);
  const reading = read_account();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const look = (last: boolean) => {
    const { orders, current_asked, history_asked } = account.get();
    const found = orders.find((order) => order.client_order_id === client_order_id);
    if (found) tell_outcome(found);
    else if (last)
      toast('info', 'The order did not reach the venue', `${wanted}: it can be sent again.`);
    else if (auth.get().state === 'signed_in') {
      if (timer === null && Math.min(current_asked, history_asked) >= reading) {
        timer = setTimeout(() => look(true), kPushesMs);
      }
      return;
    }
    stop();
    if (timer !== null) clearTimeout(timer);
  };
  const stop = account.subscribe(() => look(false));
}

/** Sends an order; true when the venue took it. */
export async function place_order(wanted: NewOrder): Promise<boolean> {
  const client_order_id = new_client_order_id();
  const sent_at = performance.now();
  try {
    const reply = await request<OrderReply>('place_order', { ...wanted, client_order_id });
    take_reply(reply.order, reply.fills);
    tell_outcome(reply.order, performance.now() - sent_at);
    return true;
  } catch (error) {
    if (error instanceof VenueError && error.code === 'OUTCOME_UNKNOWN') {
      watch_outcome(client_order_id, describe_wanted(wanted));
    } else {
      tell_error('Order refused', error);
    }
    return false;
  }
}

export async function cancel_order(order: Order): Promise<void> {
  try {
    const reply = await request<OrderReply>('cancel_order', { order_id: order.order_id });
    take_reply(reply.order, []);
    toast('info', 'Order cancelled', describe(reply.order));
  } catch (error) {
    tell_error('Not cancelled', error);
  }
}

/** Changes price and quantity; true when the venue did. */
export async function amend_order(order: Order, price: string, quantity: string): Promise<boolean> {
  try {
    const change = { order_id: order.order_id, price, quantity };
    const reply = await request<OrderReply>('replace_order', change);
    take_reply(reply.order, reply.fills);
    if (reply.fills.length > 0) tell_outcome(reply.order);
    else toast('good', 'Order amended', describe(reply.order));
    return true;
  } catch (error) {
    tell_error('Not amended', error);
    return false;
  }
}

/** Cancels all open orders, of one market or of all. */
export async function cancel_all(market: Market | null): Promise<void> {
  const scope = market ? { market: market.market } : {};
  const open = account.get().orders.filter((o) => is_open(o.status));
  if (!open.some((o) => !market || o.market === market.market)) {
    toast('info', 'Nothing to cancel', 'There are no open orders.');
    return;
  }
  try {
    const reply = await request<{ cancelled: number }>('cancel_all', scope);
    const orders = reply.cancelled === 1 ? '1 order' : `${reply.cancelled} orders`;
    toast('info', `${orders} cancelled`, market ? market.market : 'in all markets');
  } catch (error) {
    tell_error('Not cancelled', error);
  }
}
