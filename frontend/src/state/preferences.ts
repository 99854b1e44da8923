// What the person likes, kept in this browser.

import { type Interval, kIntervals } from '../api/types';
import { create_store } from './store';

export type Theme = 'dark' | 'light';

export interface Preferences {
  theme: Theme;
  /** Blue and orange in the place of green and red. */
  colour_blind: boolean;
  confirm_orders: boolean;
  sound: boolean;
  interval: Interval;
  chart: 'price' | 'depth';
  averages: boolean;
  groups: Record<string, string>;
}

const kKey = 'saker.preferences';

function prefers_light(): boolean {
  return matchMedia('(prefers-color-scheme: light)').matches;
}

function read(): Preferences {
  const initial: Preferences = {
    theme: prefers_light() ? 'light' : 'dark',
    colour_blind: false,
    confirm_orders: false,
    sound: false,
    interval: '1m',
    chart: 'price',
    averages: false,
    groups: {},
  };
  try {
    const kept = { ...initial, ...JSON.parse(localStorage.getItem(kKey) ?? '{}') } as Preferences;
    return kIntervals.includes(kept.interval) ? kept : { ...kept, interval: initial.interval };
  } catch {
    return initial;
  }
}

export const preferences = create_store<Preferences>(read());

function apply(): void {
  const { theme, colour_blind } = preferences.get();
  document.documentElement.dataset.theme = theme;
  document.documentElement.dataset.palette = colour_blind ? 'blue-orange' : 'green-red';
}

apply();
preferences.subscribe(() => {
  apply();
  try {
    localStorage.setItem(kKey, JSON.stringify(preferences.get()));
  } catch {
    // A browser that keeps nothing still trades.
  }
});

export function toggle_theme(): void {
  preferences.patch({ theme: preferences.get().theme === 'dark' ? 'light' : 'dark' });
}
