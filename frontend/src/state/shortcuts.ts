// Keys that work anywhere on the trading page while nobody is typing.

import { kIntervals } from '../api/types';
import { group_choices } from '../lib/book';
import { close_dialog, dialog, open_dialog, signed_in_only } from './dialogs';
import { set_percent, set_side, set_type } from './form';
import { current, group_of, set_group } from './market';
import { cancel_all } from './orders';
import { preferences, toggle_theme } from './preferences';
import { go, place, trade_path } from './router';

export const kShortcuts = [
  { keys: 'B', words: 'Buy, and type the quantity' },
  { keys: 'S', words: 'Sell, and type the quantity' },
  { keys: 'L', words: 'Limit order, and type the price (arrows move it by a tick)' },
  { keys: 'M', words: 'Market order' },
  { keys: '1 2 3 4', words: '25, 50, 75, 100 % of what is available' },
  { keys: 'Enter', words: 'Send the order, when in the form' },
  { keys: 'X', words: 'Cancel all open orders of this market' },
  { keys: '/', words: 'Choose a market' },
  { keys: 'G', words: 'Next grouping of the book' },
  { keys: 'I', words: 'Next candle interval' },
  { keys: 'D', words: 'Price or depth chart' },
  { keys: 'P', words: 'Portfolio, and back' },
  { keys: 'T', words: 'Dark or light' },
  { keys: '?', words: 'This help' },
  { keys: 'Esc', words: 'Close, or leave the field' },
] as const;

function focus_field(name: string): void {
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLInputElement>(`input[name="${name}"]`);
    field?.focus();
    field?.select();
  });
}

function next_of<T>(list: readonly T[], now: T): T {
  return list[(list.indexOf(now) + 1) % list.length] as T;
}

function next_group(): void {
  const market = current.get();
  if (!market) return;
  const choices = group_choices(market.tick_size, market.price_decimals);
  set_group(market.market, next_of(choices, group_of(market.market)));
}

function ask_cancel_all(): void {
  const market = current.get();
  if (!market) return;
  open_dialog({
    kind: 'confirm',
    title: `Cancel all open orders in ${market.market}?`,
    detail: 'Orders in other markets stay.',
    action: 'Cancel all',
    act: () => void cancel_all(market),
  });
}

function percent(part: number): void {
  const market = current.get();
  if (market) set_percent(market, part);
}

const kTrading: Record<string, () => void> = {
  b: () => {
    set_side('buy');
    focus_field('quantity');
  },
  s: () => {
    set_side('sell');
    focus_field('quantity');
  },
  l: () => {
    set_type('limit');
    focus_field('price');
  },
  m: () => {
    set_type('market');
    focus_field('quantity');
  },
  '1': () => percent(25),
  '2': () => percent(50),
  '3': () => percent(75),
  '4': () => percent(100),
  x: () => signed_in_only(ask_cancel_all),
  g: next_group,
  i: () => preferences.patch({ interval: next_of(kIntervals, preferences.get().interval) }),
  d: () => preferences.patch({ chart: preferences.get().chart === 'price' ? 'depth' : 'price' }),
};

const kAnywhere: Record<string, () => void> = {
  '/': () => open_dialog({ kind: 'markets' }),
  '?': () => open_dialog({ kind: 'help' }),
  t: toggle_theme,
  p: () => {
    const market = current.get();
    if (place.get().page !== 'trade') go(market ? trade_path(market.market) : '/');
    else go('/portfolio');
  },
};

function on_key(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const target = event.target as HTMLElement;
  const typing = target.matches('input:not([type=checkbox]), select, textarea');
  if (event.key === 'Escape') {
    if (dialog.get().kind !== 'none') close_dialog();
    else if (typing) target.blur();
    return;
  }
  if (typing || dialog.get().kind !== 'none') return;
  const key = event.key.toLowerCase();
  const action = kAnywhere[key] ?? (place.get().page === 'trade' ? kTrading[key] : undefined);
  if (!action) return;
  event.preventDefault();
  action();
}

/** Listens for keys; the result stops it. */
export function listen_for_shortcuts(): () => void {
  document.addEventListener('keydown', on_key);
  return () => document.removeEventListener('keydown', on_key);
}
