// The order book: asks above, bids below, running totals as bars, own orders marked.

import { type KeyboardEvent, memo, useLayoutEffect, useMemo } from 'react';
import type { Market, Order, Side } from '../api/types';
import { is_open } from '../lib/account';
import { type BookView, group_choices, level_of, type ViewLevel } from '../lib/book';
import { display, format_units, group_thousands, units_of } from '../lib/decimal';
import { account } from '../state/account';
import { book, mark, tickers, trades } from '../state/feed';
import { set_price } from '../state/form';
import { book_rows, group_of, set_group, useMarket } from '../state/market';
import { preferences } from '../state/preferences';
import { useStore } from '../state/store';
import { cx } from './classes';
import { StaleRibbon, useStale } from './link_status';
import { Empty, Panel, Skeleton } from './parts';

const kRowHeight = 20;
const kMiddleHeight = 36;
const kColumns = 'grid grid-cols-[1fr_1fr_1fr] px-3';
const kCompactColumns = 'grid grid-cols-[1fr_1fr] px-3';

const Row = memo(function Row({
  price,
  quantity,
  total,
  share,
  side,
  own,
  reachable,
  compact,
}: ViewLevel & { side: Side; own: boolean; reachable: boolean; compact: boolean }) {
  const buy = side === 'buy';
  return (
    <button
      type="button"
      tabIndex={reachable ? 0 : -1}
      data-price={price}
      onClick={() => set_price(price)}
      title={own ? 'You have an order at this price' : undefined}
      className={cx(
        'relative',
        compact ? kCompactColumns : kColumns,
        'h-5 w-full shrink-0 items-center text-xs [contain:layout_paint]',
        '-outline-offset-2 hover:bg-hover',
      )}
    >
      <span
        aria-hidden="true"
        className={`depth-bar ${buy ? 'bg-buy/14' : 'bg-sell/14'}`}
        style={{ transform: `scaleX(${share / 1000})` }}
      />
      <span className={`relative text-left ${buy ? 'text-buy' : 'text-sell'}`}>
        {own && (
          <span
            role="img"
            aria-label="your order"
            className="absolute top-1/2 -left-2.25 size-1.5 -translate-y-1/2 rounded-full bg-accent"
          />
        )}
        {group_thousands(price)}
      </span>
      <span className="relative text-right">{group_thousands(quantity)}</span>
      {!compact && <span className="relative text-right text-muted">{group_thousands(total)}</span>}
    </button>
  );
});

/** Level prices (as the book shows them) at which the account has open orders. */
function own_levels(orders: Order[], market: Market, group: string): Set<string> {
  const scale = market.price_decimals;
  const width = group === 'none' ? 0n : units_of(group, scale);
  const mine = orders.filter((o) => o.market === market.market && is_open(o.status) && o.price);
  return new Set(
    mine.map((order) => {
      const price = units_of(order.price, scale);
      return `${order.side}|${format_units(level_of(price, width, order.side), scale)}`;
    }),
  );
}

function move_focus(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-price]')].sort(
    (a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top,
  );
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at + step]?.focus();
  event.preventDefault();
}

interface LevelsProps {
  side: Side;
  levels: ViewLevel[];
  own: Set<string>;
  compact: boolean;
}

function Levels({ side, levels, own, compact }: LevelsProps) {
  const rows = useStore(book_rows);
  return (
    <div
      className={cx(
        'flex min-h-0 flex-1 overflow-hidden',
        side === 'sell' ? 'flex-col-reverse' : 'flex-col',
      )}
    >
      {levels.slice(0, rows).map((level, at) => (
        <Row
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is a place on the screen.
          key={at}
          side={side}
          price={level.price}
          quantity={level.quantity}
          total={level.total}
          share={level.share}
          own={own.has(`${side}|${level.price}`)}
          reachable={at === 0}
          compact={compact}
        />
      ))}
    </div>
  );
}

function Middle(props: { market: Market; view: BookView | null; compact: boolean }) {
  const { market, view, compact } = props;
  const newest = useStore(trades, (list) => list?.[0]);
  const ticker = useStore(tickers, (all) => all[market.market]);
  const last = newest?.price ?? ticker?.last ?? null;
  const colour = newest ? (newest.side === 'buy' ? 'text-buy' : 'text-sell') : '';
  return (
    <div className="flex h-9 shrink-0 items-center justify-between border-y border-line px-3">
      <span className={`text-base font-semibold ${colour}`}>
        {display(last, market.price_decimals)}
      </span>
      <span className="text-xs text-muted" title="Difference between best ask and best bid">
        {compact ? '' : 'Spread '}
        {view?.spread ?? '–'}
        {!compact && view?.spread_bp && <span className="text-faint"> · {view.spread_bp} bp</span>}
      </span>
    </div>
  );
}

function GroupChoice({ market }: { market: Market }) {
  const group = useStore(preferences, () => group_of(market.market));
  const choices = group_choices(market.tick_size, market.price_decimals);
  return (
    <select
      aria-label="Price grouping"
      value={group}
      onChange={(event) => set_group(market.market, event.target.value)}
      className="h-6 rounded border border-line-strong bg-raised px-1 text-xs"
    >
      {choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice === 'none' ? market.tick_size : choice}
        </option>
      ))}
    </select>
  );
}

/** For the element that holds both sides: tells how many rows of one side it has room for. */
function measure_rows(element: HTMLDivElement | null) {
  if (!element) return;
  const measure = () => {
    const room = element.clientHeight - kMiddleHeight;
    book_rows.set(Math.max(3, Math.floor(room / 2 / kRowHeight)));
  };
  measure();
  const observer = new ResizeObserver(measure);
  observer.observe(element);
  return () => observer.disconnect();
}

function BookBody({ market, compact }: { market: Market; compact: boolean }) {
  const view = useStore(book);
  const orders = useStore(account, (state) => state.orders);
  const group = view?.group ?? 'none';
  const own = useMemo(() => own_levels(orders, market, group), [orders, market, group]);
  const shown = view?.market === market.market ? view : null;
  const sequence = shown?.sequence ?? 0;
  useLayoutEffect(() => {
    if (sequence > 0) mark('saker.book', { sequence });
  }, [sequence]);
  if (!shown) return <BookSkeleton />;
  if (shown.bids.length + shown.asks.length === 0) return <Empty title="The book is empty" />;
  return (
    <>
      <Levels side="sell" levels={shown.asks} own={own} compact={compact} />
      <Middle market={market} view={shown} compact={compact} />
      <Levels side="buy" levels={shown.bids} own={own} compact={compact} />
    </>
  );
}

function BookSkeleton() {
  return (
    <div className="flex flex-1 flex-col justify-evenly px-3" role="status" aria-label="Loading">
      {Array.from({ length: 16 }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike.
        <Skeleton key={at} className="h-3" />
      ))}
    </div>
  );
}

export function BookPanel({
  className = '',
  compact = false,
}: {
  className?: string;
  compact?: boolean;
}) {
  const market = useMarket();
  const stale = useStale();
  if (!market) return <Panel label="Order book">{<BookSkeleton />}</Panel>;
  return (
    <Panel label="Order book" className={`relative ${className}`}>
      <header className="flex h-9 shrink-0 items-center justify-between px-3">
        <h2 className="font-medium">{compact ? 'Book' : 'Order book'}</h2>
        <GroupChoice market={market} />
      </header>
      <div className={`${compact ? kCompactColumns : kColumns} h-5 shrink-0 text-2xs text-faint`}>
        <span>Price{compact ? '' : ` ${market.quote}`}</span>
        <span className="text-right">Quantity{compact ? '' : ` ${market.base}`}</span>
        {!compact && <span className="text-right">Total</span>}
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move in it. */}
      <div
        ref={measure_rows}
        onKeyDown={move_focus}
        className={`flex min-h-0 flex-1 flex-col ${stale ? 'stale' : ''}`}
      >
        <BookBody market={market} compact={compact} />
      </div>
      <StaleRibbon />
    </Panel>
  );
}
