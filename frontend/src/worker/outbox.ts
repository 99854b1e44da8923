// Gathers what the page must show and hands it over at the page's own pace: one frame, then none
// until the page has painted it. While the page is slow or hidden, newer values replace older ones.

import type { Candle, Interval, Ticker, Trade } from '../api/types';
import { merge_fills, merge_orders } from '../lib/account';
import type { BookView } from '../lib/book';
import { merge_candle } from '../lib/candles';
import type { AccountFrame, Frame, Link } from './messages';

function merge_pushes(earlier: AccountFrame, later: AccountFrame): AccountFrame {
  return {
    ...later,
    orders: merge_orders(earlier.orders, later.orders),
    fills: merge_fills(earlier.fills, later.fills),
    balances: later.balances ?? earlier.balances,
  };
}

/**
 * `waiting` with one more, in order. A reading takes the place of an earlier one of its kind, and
 * pushes side by side become one, so at most five wait. Nothing that was pushed is left out.
 */
function add_update(waiting: readonly AccountFrame[], update: AccountFrame): AccountFrame[] {
  const replaced = (one: AccountFrame) => one.source !== 'push' && one.source === update.source;
  const all: AccountFrame[] = [];
  for (const next of [...waiting.filter((one) => !replaced(one)), update]) {
    const last = all.at(-1);
    if (last?.source === 'push' && next.source === 'push') {
      all[all.length - 1] = merge_pushes(last, next);
    } else all.push(next);
  }
  return all;
}

export class Outbox {
  private frame_: Frame = { pushes: 0, changes: 0 };
  private dirty_ = false;
  private free_ = true;
  private scheduled_ = false;
  private book_: (() => BookView | null) | null = null;

  constructor(private readonly post_: (frame: Frame) => void) {}

  link(link: Link): void {
    this.frame_.link = link;
    this.touch();
  }

  /** The view is worked out only when a frame leaves. */
  book(view: () => BookView | null): void {
    this.book_ = view;
    this.touch();
  }

  trades(trades: Trade[] | null): void {
    this.frame_.trades = trades;
    this.touch();
  }

  ticker(ticker: Ticker): void {
    const others = this.frame_.tickers?.filter((known) => known.market !== ticker.market);
    this.frame_.tickers = [...(others ?? []), ticker];
    this.touch();
  }

  history(history: Frame['history'], failed = false): void {
    this.frame_.history = history;
    this.frame_.history_failed = failed;
    delete this.frame_.candles;
    this.touch();
  }

  candle(market: string, interval: Interval, candle: Candle): void {
    const waiting = this.frame_.candles;
    const same = waiting?.market === market && waiting.interval === interval;
    const candles = merge_candle(same ? waiting.candles : [], candle);
    this.frame_.candles = { market, interval, candles };
    this.touch();
  }

  account(update: AccountFrame): void {
    this.frame_.account = add_update(this.frame_.account ?? [], update);
    this.touch();
  }

  /** What waits is of somebody who has signed out. */
  forget_account(): void {
    delete this.frame_.account;
  }

  token_stale(): void {
    this.frame_.token_stale = true;
    this.touch();
  }

  count(pushes: number, changes: number): void {
    this.frame_.pushes += pushes;
    this.frame_.changes += changes;
  }

  painted(): void {
    this.free_ = true;
    if (this.dirty_) this.schedule();
  }

  private touch(): void {
    this.dirty_ = true;
    if (this.free_) this.schedule();
  }

  /** After the messages that are already here, so that they share the frame. */
  private schedule(): void {
    if (this.scheduled_) return;
    this.scheduled_ = true;
    setTimeout(() => {
      this.scheduled_ = false;
      if (this.dirty_ && this.free_) this.leave();
    }, 0);
  }

  private leave(): void {
    const frame = this.frame_;
    if (this.book_) frame.book = this.book_();
    this.frame_ = { pushes: 0, changes: 0 };
    this.book_ = null;
    this.dirty_ = false;
    this.free_ = false;
    this.post_(frame);
  }
}
