// The page's own addresses: /trade/KCN-EUR, /portfolio, /account.

import { create_store } from './store';

export interface Place {
  page: 'trade' | 'portfolio' | 'account';
  /** "KCN/EUR"; null when the address names none. */
  market: string | null;
}

export function place_of(path: string): Place {
  const [page, rest] = path.split('/').filter(Boolean);
  if (page === 'portfolio' || page === 'account') return { page, market: null };
  if (page === 'trade' && rest) {
    return { page: 'trade', market: decodeURIComponent(rest).replace('-', '/') };
  }
  return { page: 'trade', market: null };
}

export function trade_path(market: string): string {
  return `/trade/${market.replace('/', '-')}`;
}

export const place = create_store<Place>(place_of(location.pathname));

export function go(path: string, replace = false): void {
  if (path !== location.pathname) {
    if (replace) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
  }
  place.set(place_of(path));
}

window.addEventListener('popstate', () => place.set(place_of(location.pathname)));
