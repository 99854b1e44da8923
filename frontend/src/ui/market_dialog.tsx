// All markets with their day, to choose one from.

import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { Market } from '../api/types';
import { display, group_thousands } from '../lib/decimal';
import { close_dialog } from '../state/dialogs';
import { tickers } from '../state/feed';
import { markets, useMarket } from '../state/market';
import { go, trade_path } from '../state/router';
import { useStore } from '../state/store';
import { cx } from './classes';
import { Change } from './header';
import { Icon } from './icons';
import { Empty, Modal } from './parts';

function Entry({ market, current }: { market: Market; current: boolean }) {
  const ticker = useStore(tickers, (all) => all[market.market]);
  return (
    <button
      type="button"
      aria-current={current}
      onClick={() => {
        close_dialog();
        go(trade_path(market.market));
      }}
      className={cx(
        'grid h-10 w-full grid-cols-[1.2fr_1fr_0.8fr_1fr] items-center rounded',
        'px-2 text-left -outline-offset-2 hover:bg-hover',
        'aria-[current=true]:bg-raised',
      )}
    >
      <span className="font-medium">{market.market}</span>
      <span className="text-right">{display(ticker?.last, market.price_decimals)}</span>
      <span className="text-right">
        <Change fraction={ticker?.change_24h} />
      </span>
      <span className="text-right text-muted">
        {ticker?.volume_24h ? group_thousands(ticker.volume_24h) : '–'}
      </span>
    </button>
  );
}

export function MarketDialog() {
  const { list } = useStore(markets);
  const current = useMarket();
  const [wanted, set_wanted] = useState('');
  const element = useRef<HTMLDivElement>(null);
  const found = useMemo(
    () => list.filter((one) => one.market.toLowerCase().includes(wanted.trim().toLowerCase())),
    [list, wanted],
  );
  const on_key = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const entries = [
        ...(element.current?.querySelectorAll<HTMLElement>('[data-list] button') ?? []),
      ];
      const at = entries.indexOf(document.activeElement as HTMLElement);
      entries[Math.max(0, Math.min(entries.length - 1, at + step))]?.focus();
    } else if (event.key === 'Enter' && event.target instanceof HTMLInputElement && found[0]) {
      event.preventDefault();
      close_dialog();
      go(trade_path(found[0].market));
    }
  };
  return (
    <Modal title="Markets" width="w-[30rem]">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move in it. */}
      <div ref={element} onKeyDown={on_key} className="flex flex-col gap-2">
        <label
          className={cx(
            'flex h-9 items-center gap-2 rounded border border-line-strong',
            'bg-raised px-2.5 text-muted focus-within:border-accent',
          )}
        >
          <Icon name="search" />
          <input
            data-focus=""
            aria-label="Search markets"
            placeholder="Search"
            value={wanted}
            onChange={(event) => set_wanted(event.target.value)}
            className="h-full flex-1 bg-transparent text-text outline-none"
          />
        </label>
        <div className="grid grid-cols-[1.2fr_1fr_0.8fr_1fr] px-2 text-2xs text-faint">
          <span>Market</span>
          <span className="text-right">Last</span>
          <span className="text-right">24 h</span>
          <span className="text-right">Volume</span>
        </div>
        <div data-list="" className="flex max-h-96 flex-col overflow-y-auto">
          {found.map((one) => (
            <Entry key={one.market} market={one} current={one.market === current?.market} />
          ))}
          {found.length === 0 && <Empty title="No such market" />}
        </div>
      </div>
    </Modal>
  );
}
