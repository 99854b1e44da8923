// The trading page: everything side by side on a desk, tabs at the thumb on a phone.

import { useEffect, useState } from 'react';
import { form, set_side } from '../state/form';
import { useStore } from '../state/store';
import { AccountPanel } from './account_panel';
import { BookPanel } from './book_panel';
import { ChartPanel } from './chart_panel';
import { Icon, type IconName } from './icons';
import { OrderForm } from './order_form';
import { TradesPanel } from './trades_panel';

type Tab = 'chart' | 'book' | 'trade' | 'orders';

const kTabs: readonly { id: Tab; label: string; icon: IconName }[] = [
  { id: 'chart', label: 'Chart', icon: 'chart' },
  { id: 'book', label: 'Book', icon: 'book' },
  { id: 'trade', label: 'Trade', icon: 'trade' },
  { id: 'orders', label: 'Orders', icon: 'orders' },
];

export function useMedia(query: string): boolean {
  const [matches, set_matches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const follow = () => set_matches(media.matches);
    follow();
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, [query]);
  return matches;
}

function QuickBar({ go_to }: { go_to: (tab: Tab) => void }) {
  const start = (side: 'buy' | 'sell') => {
    set_side(side);
    go_to('trade');
  };
  return (
    <div className="grid grid-cols-2 gap-2 bg-panel p-2">
      <button
        type="button"
        onClick={() => start('buy')}
        className="h-10 rounded bg-buy-fill font-semibold text-on-fill"
      >
        Buy
      </button>
      <button
        type="button"
        onClick={() => start('sell')}
        className="h-10 rounded bg-sell-fill font-semibold text-on-fill"
      >
        Sell
      </button>
    </div>
  );
}

function PhonePage() {
  const [tab, set_tab] = useState<Tab>('chart');
  const price = useStore(form, (state) => state.price);
  const [seen_price, set_seen_price] = useState(price);
  // A price that was touched in the book goes into the form: show it.
  if (price !== seen_price) {
    set_seen_price(price);
    if (tab === 'book' && seen_price !== '') set_tab('trade');
  }
  return (
    <div className="flex h-full min-h-0 flex-col gap-px bg-line">
      {tab === 'chart' && (
        <>
          <ChartPanel className="flex-[3]" />
          <TradesPanel className="flex-[2]" />
          <QuickBar go_to={set_tab} />
        </>
      )}
      {tab === 'book' && <BookPanel className="flex-1" />}
      {tab === 'trade' && (
        <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_9.5rem] gap-px">
          <OrderForm className="overflow-y-auto" />
          <BookPanel compact />
        </div>
      )}
      {tab === 'orders' && <AccountPanel className="flex-1" />}
      <nav
        aria-label="Parts of the trading page"
        className="grid grid-cols-4 bg-panel pb-[env(safe-area-inset-bottom)]"
      >
        {kTabs.map(({ id, label, icon }) => (
          <button
            key={id}
            type="button"
            aria-current={tab === id ? 'page' : undefined}
            onClick={() => set_tab(id)}
            className="flex h-13 flex-col items-center justify-center gap-0.5 text-2xs text-muted -outline-offset-2 aria-[current]:text-accent"
          >
            <Icon name={icon} size={18} />
            {label}
          </button>
        ))}
      </nav>
    </div>
  );
}

function TabletPage() {
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_18rem] gap-px overflow-y-auto bg-line">
      <ChartPanel className="h-[26rem]" />
      <OrderForm className="h-[26rem]" />
      <AccountPanel className="h-[30rem]" />
      <BookPanel className="h-[30rem]" />
      <TradesPanel className="col-span-2 h-72" />
    </div>
  );
}

function DeskPage() {
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_18rem_19rem] grid-rows-[minmax(0,1fr)_minmax(10rem,17rem)] gap-px bg-line">
      <ChartPanel className="col-start-1 row-start-1" />
      <AccountPanel className="col-start-1 row-start-2" />
      <BookPanel className="col-start-2 row-span-2 row-start-1" />
      <div className="col-start-3 row-span-2 row-start-1 flex min-h-0 flex-col gap-px">
        <OrderForm />
        <TradesPanel className="flex-1" />
      </div>
    </div>
  );
}

export function TradePage() {
  const desk = useMedia('(min-width: 1180px)');
  const phone = useMedia('(max-width: 767px)');
  if (phone) return <PhonePage />;
  return desk ? <DeskPage /> : <TabletPage />;
}
