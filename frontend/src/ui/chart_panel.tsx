// Candles or depth of the market looked at.

import { useEffect, useMemo, useRef, useState } from 'react';
import { type Candle, type Interval, kIntervals, type Market } from '../api/types';
import { is_open } from '../lib/account';
import { display, group_thousands } from '../lib/decimal';
import { account } from '../state/account';
import { candles } from '../state/feed';
import { useMarket } from '../state/market';
import { preferences } from '../state/preferences';
import { useStore } from '../state/store';
import { cx } from './classes';
import { DepthChart } from './depth_chart';
import { useStale } from './link_status';
import { Empty, Panel, Segments, Skeleton } from './parts';
import { PriceChart } from './price_chart';

const kIntervalTabs = kIntervals.map((interval) => ({ id: interval, label: interval }));
const kKinds = [
  { id: 'price', label: 'Price' },
  { id: 'depth', label: 'Depth' },
] as const;

function Legend({ candle, market }: { candle: Candle | undefined; market: Market }) {
  if (!candle) return null;
  const up = Number(candle.close) >= Number(candle.open);
  const values = [
    ['O', candle.open],
    ['H', candle.high],
    ['L', candle.low],
    ['C', candle.close],
  ] as const;
  return (
    <div
      className={cx(
        'pointer-events-none absolute top-1.5 left-3 z-10 flex flex-wrap',
        'gap-x-3 text-2xs',
      )}
    >
      {values.map(([name, value]) => (
        <span key={name} className="text-muted">
          {name}{' '}
          <span className={up ? 'text-buy' : 'text-sell'}>
            {display(value, market.price_decimals)}
          </span>
        </span>
      ))}
      <span className="text-muted">
        Vol <span className="text-text">{group_thousands(candle.volume)}</span>
      </span>
    </div>
  );
}

/** Makes the chart once and feeds it from the store, past React. */
function useChart(market: Market, on_hover: (candle: Candle | null) => void) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart | null>(null);
  useEffect(() => {
    if (!element.current) return;
    const made = new PriceChart(element.current, on_hover);
    chart.current = made;
    let version = -1;
    const follow = () => {
      const state = candles.get();
      const fits = state.market === market.market && state.candles !== null;
      const list = fits ? (state.candles as Candle[]) : [];
      if (state.version !== version) {
        version = state.version;
        made.show(list, market.price_decimals);
      } else if (fits) {
        made.update(list);
      }
    };
    follow();
    const stop = candles.subscribe(follow);
    return () => {
      stop();
      made.remove();
      chart.current = null;
    };
  }, [market, on_hover]);
  return { element, chart };
}

function Candles({ market }: { market: Market }) {
  const [hovered, set_hovered] = useState<Candle | null>(null);
  const { element, chart } = useChart(market, set_hovered);
  const state = useStore(candles);
  const { theme, colour_blind, averages } = useStore(preferences);
  const orders = useStore(account, (known) => known.orders);
  const fills = useStore(account, (known) => known.fills);
  const shown = state.version;
  const mine = useMemo(
    () => ({
      orders: orders.filter((o) => o.market === market.market && o.price && is_open(o.status)),
      fills: fills.filter((fill) => fill.market === market.market),
    }),
    [orders, fills, market],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours follow theme and palette.
  useEffect(() => chart.current?.restyle(), [theme, colour_blind, market, chart]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart or list needs it again.
  useEffect(() => chart.current?.show_averages(averages), [averages, market, shown, chart]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above, and colours.
  useEffect(() => {
    chart.current?.show_own(mine.orders, mine.fills);
  }, [mine, market, shown, theme, colour_blind, chart]);
  const fits = state.market === market.market;
  const last = fits ? state.candles?.at(-1) : undefined;
  return (
    <div className="relative h-full">
      <Legend candle={hovered ?? last} market={market} />
      <div ref={element} data-testid="candles" className="absolute inset-0" />
      {state.candles === null && (
        <div className="absolute inset-0 flex items-center justify-center bg-panel">
          {state.failed ? (
            <Empty title="Candles cannot be read right now">Trying again every few seconds.</Empty>
          ) : (
            <Skeleton className="h-2/3 w-11/12" />
          )}
        </div>
      )}
      {state.candles?.length === 0 && (
        <div className="absolute inset-0 bg-panel">
          <Empty title="No trades in this market yet" />
        </div>
      )}
    </div>
  );
}

export function ChartPanel({ className = '' }: { className?: string }) {
  const market = useMarket();
  const { chart, interval, averages } = useStore(preferences);
  const stale = useStale();
  return (
    <Panel label="Chart" className={className}>
      <header
        className={cx(
          'flex h-9 shrink-0 items-center justify-between gap-2 overflow-x-auto',
          'px-2 [scrollbar-width:none]',
        )}
      >
        <div className="flex items-center gap-2">
          <Segments
            label="Kind of chart"
            choices={kKinds}
            value={chart}
            on_change={(kind) => preferences.patch({ chart: kind })}
          />
          {chart === 'price' && (
            <>
              <span className="h-4 border-l border-line-strong" />
              <Segments<Interval>
                label="Time of one candle"
                choices={kIntervalTabs}
                value={interval}
                on_change={(next) => preferences.patch({ interval: next })}
              />
            </>
          )}
        </div>
        {chart === 'price' && (
          <button
            type="button"
            aria-pressed={averages}
            title="Moving averages over 20 and 50 candles"
            onClick={() => preferences.patch({ averages: !averages })}
            className={cx(
              'h-6 rounded px-1.5 text-xs font-medium whitespace-nowrap text-muted',
              'hover:bg-hover hover:text-text aria-pressed:bg-raised',
              'aria-pressed:text-text',
            )}
          >
            MA 20/50
          </button>
        )}
      </header>
      <div className={`min-h-0 flex-1 ${stale ? 'stale' : ''}`}>
        {!market ? (
          <Skeleton className="m-3 h-[calc(100%-1.5rem)]" />
        ) : chart === 'depth' ? (
          <DepthChart market={market} />
        ) : (
          <Candles key={market.market} market={market} />
        )}
      </div>
    </Panel>
  );
}
