// Gathers what the page must show and hands it over at the page's own pace: one frame, then none
// until the page has painted it. While the page is slow or hidden, newer values replace older ones.

import type { Candle, Interval, Ticker, Trade } from '../api/types';
import type { BookView } from '../lib/book';
import { merge_candle } from '../lib/candles';
import type { AccountFrame, Frame, Link } from './messages';

/** Beyond so many pushes that nobody took, the account is read anew instead of handed over. */
const kMostAccountFrames = 256;

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

  /** False when the page has not taken so much that it had better get a new reading. */
  account(update: AccountFrame): boolean {
    if (update.snapshot) this.frame_.account = [];
    const waiting = this.frame_.account ?? [];
    if (waiting.length >= kMostAccountFrames) return false;
    this.frame_.account = [...waiting, update];
    this.touch();
    return true;
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
