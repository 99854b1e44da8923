// The tape: what was traded last, newest first.

import { memo } from 'react';
import type { Side, Trade } from '../api/types';
import { display, group_thousands } from '../lib/decimal';
import { clock } from '../lib/words';
import { trades } from '../state/feed';
import { set_price } from '../state/form';
import { useMarket } from '../state/market';
import { useStore } from '../state/store';
import { useStale } from './link_status';
import { Empty, Panel, Skeleton } from './parts';

const kColumns = 'grid grid-cols-[1fr_1fr_1fr] px-3';

const Row = memo(function Row(props: { price: string; quantity: string; side: Side; at: number }) {
  return (
    <button
      type="button"
      tabIndex={-1}
      onClick={() => set_price(props.price)}
      className={`${kColumns} h-5 w-full items-center text-xs hover:bg-hover`}
    >
      <span className={`text-left ${props.side === 'buy' ? 'text-buy' : 'text-sell'}`}>
        {group_thousands(props.price)}
      </span>
      <span className="text-right">{group_thousands(props.quantity)}</span>
      <span className="text-right text-muted">{clock(props.at)}</span>
    </button>
  );
});

function Tape({ list, decimals }: { list: Trade[]; decimals: number }) {
  return list.map((trade) => (
    <Row
      key={trade.trade_id}
      price={display(trade.price, decimals)}
      quantity={trade.quantity}
      side={trade.side}
      at={trade.time}
    />
  ));
}

export function TradesPanel({ className = '' }: { className?: string }) {
  const market = useMarket();
  const list = useStore(trades);
  const stale = useStale();
  return (
    <Panel label="Recent trades" className={className}>
      <header className="flex h-9 shrink-0 items-center px-3">
        <h2 className="font-medium">Recent trades</h2>
      </header>
      <div className={`${kColumns} h-5 shrink-0 text-2xs text-faint`}>
        <span>Price {market?.quote}</span>
        <span className="text-right">Quantity {market?.base}</span>
        <span className="text-right">Time</span>
      </div>
      <div className={`scroll-fade min-h-0 flex-1 ${stale ? 'stale' : ''}`}>
        {!market || !list ? (
          <Skeleton className="m-3 h-40" />
        ) : list.length > 0 ? (
          <Tape list={list} decimals={market.price_decimals} />
        ) : (
          <Empty title="No trades yet" />
        )}
      </div>
    </Panel>
  );
}
