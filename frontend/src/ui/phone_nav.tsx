// The way around on a phone: tabs within reach of the thumb, on every page.

import { current } from '../state/market';
import { go, place, trade_path } from '../state/router';
import { create_store, useStore } from '../state/store';
import { cx } from './classes';
import { Icon, type IconName } from './icons';

export type PhoneTab = 'chart' | 'book' | 'trade' | 'orders';

export const phone_tab = create_store<PhoneTab>('chart');

const kTabs: readonly { id: PhoneTab | 'wallet'; label: string; icon: IconName }[] = [
  { id: 'chart', label: 'Chart', icon: 'chart' },
  { id: 'book', label: 'Book', icon: 'book' },
  { id: 'trade', label: 'Trade', icon: 'trade' },
  { id: 'orders', label: 'Orders', icon: 'orders' },
  { id: 'wallet', label: 'Portfolio', icon: 'wallet' },
];

function open(id: PhoneTab | 'wallet'): void {
  if (id === 'wallet') {
    go('/portfolio');
    return;
  }
  phone_tab.set(id);
  const market = current.get();
  if (place.get().page !== 'trade') go(market ? trade_path(market.market) : '/');
}

export function PhoneNav() {
  const tab = useStore(phone_tab);
  const { page } = useStore(place);
  const shown = page === 'trade' ? tab : page === 'portfolio' ? 'wallet' : null;
  return (
    <nav
      aria-label="Parts of the page"
      className="grid grid-cols-5 border-t border-line bg-panel pb-[env(safe-area-inset-bottom)]"
    >
      {kTabs.map(({ id, label, icon }) => (
        <button
          key={id}
          type="button"
          aria-current={shown === id ? 'page' : undefined}
          onClick={() => open(id)}
          className={cx(
            'flex h-13 flex-col items-center justify-center gap-0.5 text-2xs',
            'text-muted -outline-offset-2 aria-[current]:text-accent',
          )}
        >
          <Icon name={icon} size={18} />
          {label}
        </button>
      ))}
    </nav>
  );
}
