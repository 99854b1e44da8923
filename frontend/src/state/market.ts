// Which markets there are, which one is looked at, and how.

import { send } from '../api/http';
import type { Market } from '../api/types';
import { set_focus, start_feed } from './feed';
import { preferences } from './preferences';
import { go, place, trade_path } from './router';
import { create_store, useStore } from './store';

export interface Markets {
  state: 'loading' | 'ready' | 'failed';
  list: Market[];
}

const kRetryMs = 3_000;

export const markets = create_store<Markets>({ state: 'loading', list: [] });

/** The market looked at; null until the list is there. */
export const current = create_store<Market | null>(null);

/** Rows of one side of the book on the screen; the book's panel measures them. */
export const book_rows = create_store<number>(18);

export function useMarket(): Market | null {
  return useStore(current);
}

export function group_of(market: string): string {
  return preferences.get().groups[market] ?? 'none';
}

export function set_group(market: string, group: string): void {
  preferences.patch({ groups: { ...preferences.get().groups, [market]: group } });
}

function choose(): void {
  const { list } = markets.get();
  const named = list.find((market) => market.market === place.get().market);
  const next = named ?? current.get() ?? list[0] ?? null;
  current.set(next);
  if (next && place.get().page === 'trade' && !named) go(trade_path(next.market), true);
}

let told = '';

function tell_focus(): void {
  const market = current.get();
  if (!market) return;
  const focus = {
    market: market.market,
    price_decimals: market.price_decimals,
    quantity_decimals: market.quantity_decimals,
    group: group_of(market.market),
    interval: preferences.get().interval,
    rows: book_rows.get(),
  };
  const text = JSON.stringify(focus);
  if (text === told) return;
  told = text;
  set_focus(focus);
}

/** Reads the markets, trying until they come, then follows what the page looks at. */
export async function start_markets(): Promise<void> {
  try {
    const response = await send('GET', '/api/markets');
    const { markets: list } = (await response.json()) as { markets: Market[] };
    if (list.length === 0) throw new Error('no markets');
    markets.set({ state: 'ready', list });
    start_feed(list.map((market) => market.market));
    for (const store of [current, preferences, book_rows]) store.subscribe(tell_focus);
    place.subscribe(choose);
    choose();
  } catch {
    markets.set({ state: 'failed', list: [] });
    setTimeout(() => void start_markets(), kRetryMs);
  }
}
