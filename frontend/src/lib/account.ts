// Keeps what is known of the account's orders and fills while snapshots and pushes arrive, in
// whatever order they arrive.

import type { Fill, Order, OrderStatus } from '../api/types';
import { units_of } from './decimal';

const kKeptOrders = 500;
const kKeptFills = 500;
const kScale = 18; // finer than any asset's decimals

export function is_open(status: OrderStatus): boolean {
  return status === 'open' || status === 'partially_filled';
}

/** Whether `next` tells something later about the same order than `known` does. */
export function is_newer(known: Order, next: Order): boolean {
  if (!is_open(known.status) && is_open(next.status)) return false;
  if (next.updated_at !== known.updated_at) return next.updated_at > known.updated_at;
  return units_of(next.filled_quantity, kScale) >= units_of(known.filled_quantity, kScale);
}

function newest_first(a: Order, b: Order): number {
  if (a.created_at !== b.created_at) return b.created_at - a.created_at;
  return compare_ids(b.order_id, a.order_id);
}

/** Ids are whole numbers without leading zeros: the longer one is the larger one. */
export function compare_ids(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Adds or renews orders; newest first. The same array comes back when nothing changed. */
export function merge_orders(known: readonly Order[], changed: readonly Order[]): Order[] {
  const by_id = new Map(known.map((order) => [order.order_id, order]));
  let touched = false;
  for (const order of changed) {
    const there = by_id.get(order.order_id);
    if (there && !is_newer(there, order)) continue;
    by_id.set(order.order_id, order);
    touched = true;
  }
  if (!touched) return known as Order[];
  const sorted = [...by_id.values()].sort(newest_first);
  let closed = 0;
  return sorted.filter((order) => is_open(order.status) || ++closed <= kKeptOrders);
}

/**
 * What a complete reading of the open orders says: orders thought open that it does not name, and
 * that have not changed since the reading began, have ended unseen and are dropped here; the
 * history brings them back as they ended.
 */
export function settle_open_orders(
  known: readonly Order[],
  open: readonly Order[],
  read_at: number,
): Order[] {
  const named = new Set(open.map((order) => order.order_id));
  const kept = known.filter(
    (order) => !is_open(order.status) || named.has(order.order_id) || order.updated_at > read_at,
  );
  return merge_orders(kept, open);
}

function fill_key(fill: Fill): string {
  return `${fill.market}|${fill.trade_id}|${fill.order_id}`;
}

/** Adds fills that are not known yet; newest first. */
export function merge_fills(known: readonly Fill[], more: readonly Fill[]): Fill[] {
  const by_key = new Map(known.map((fill) => [fill_key(fill), fill]));
  const before = by_key.size;
  for (const fill of more) by_key.set(fill_key(fill), fill);
  if (by_key.size === before) return known as Fill[];
  return [...by_key.values()]
    .sort((a, b) => b.time - a.time || compare_ids(b.trade_id, a.trade_id))
    .slice(0, Math.max(kKeptFills, before));
}
