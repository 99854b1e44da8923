// The trading page: everything side by side on a desk, tabs at the thumb on a phone.

import { useEffect, useRef } from 'react';
import { form, set_side } from '../state/form';
import { useStore } from '../state/store';
import { AccountPanel } from './account_panel';
import { BookPanel } from './book_panel';
import { ChartPanel } from './chart_panel';
import { cx } from './classes';
import { useMedia, usePhone } from './media';
import { OrderForm } from './order_form';
import { phone_tab } from './phone_nav';
import { TradesPanel } from './trades_panel';

function QuickBar() {
  const start = (side: 'buy' | 'sell') => {
    set_side(side);
    phone_tab.set('trade');
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
  const tab = useStore(phone_tab);
  const price = useStore(form, (state) => state.price);
  const seen_price = useRef(price);
  // A price that was touched in the book goes into the form: show it.
  useEffect(() => {
    const touched = seen_price.current !== '' && price !== seen_price.current;
    seen_price.current = price;
    if (touched && phone_tab.get() === 'book') phone_tab.set('trade');
  }, [price]);
  return (
    <div className="flex h-full min-h-0 flex-col gap-px bg-line">
      {tab === 'chart' && (
        <>
          <ChartPanel className="flex-[3]" />
          <TradesPanel className="flex-[2]" />
          <QuickBar />
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
    </div>
  );
}

function TabletPage() {
  return (
    <div
      className={cx(
        'grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_18rem] gap-px',
        'overflow-y-auto bg-line',
      )}
    >
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
    <div
      className={cx(
        'grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_18rem_19rem]',
        'grid-rows-[minmax(0,1fr)_minmax(10rem,17rem)] gap-px bg-line',
      )}
    >
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
  const phone = usePhone();
  if (phone) return <PhonePage />;
  return desk ? <DeskPage /> : <TabletPage />;
}
