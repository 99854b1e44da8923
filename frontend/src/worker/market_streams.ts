// The public side: book, trades and candles of the market that is looked at, tickers of all. Every
// push of book and trades is checked against the one before it; a gap asks for a new snapshot.

import type { BookPush, Candle, Interval, Ticker, Trade } from '../api/types';
import { compare_ids } from '../lib/account';
import { Book, view_book } from '../lib/book';
import { SequenceTracker } from '../lib/sequence';
import type { Connection } from './connection';
import { query, read_json } from './http';
import type { Focus } from './messages';
import type { Outbox } from './outbox';

const kDepth = 100;
const kBookInterval = '50ms';
const kKeptTrades = 80;
const kHistoryLength = 500;
const kHistoryRetryMs = 3_000;
const kResubscribeMs = 1_000;

export interface StreamEvents {
  /** The book is current (true) or is being fetched anew (false). */
  on_current(current: boolean): void;
  on_resync(): void;
}

export class MarketStreams {
  private focus_: Focus | null = null;
  private book_: Book | null = null;
  private book_time_ = 0;
  private readonly book_sequence_ = new SequenceTracker();
  private readonly trade_sequence_ = new SequenceTracker();
  private trades_: Trade[] = [];
  private history_asked_ = 0;
  private retry_: ReturnType<typeof setTimeout> | null = null;
  current = false;

  constructor(
    private readonly origin_: string,
    private readonly markets_: string[],
    private readonly connection_: Connection,
    private readonly outbox_: Outbox,
    private readonly events_: StreamEvents,
  ) {}

  get gaps(): number {
    return this.book_sequence_.gaps + this.trade_sequence_.gaps;
  }

  on_open(): void {
    const tickers = this.markets_.map((market) => `ticker.${market}`);
    this.subscribe(tickers);
    if (this.focus_) this.begin(this.focus_, true, true);
  }

  on_closed(): void {
    this.book_sequence_.reset();
    this.trade_sequence_.reset();
    if (this.retry_ !== null) clearTimeout(this.retry_);
    this.retry_ = null;
    this.set_current(false);
  }

  focus(focus: Focus): void {
    const before = this.focus_;
    this.focus_ = focus;
    const market = before?.market !== focus.market;
    const book = market || before?.group !== focus.group;
    const candles = market || before?.interval !== focus.interval;
    if (before && book) this.unsubscribe([book_channel(before)]);
    if (before && market) this.unsubscribe([`trades.${before.market}`]);
    if (before && candles) this.unsubscribe([`candles.${before.market}.${before.interval}`]);
    if (market) {
      this.trades_ = [];
      this.outbox_.trades(null);
      this.trade_sequence_.reset();
    }
    if (book) {
      this.book_ = null;
      this.book_sequence_.reset();
      this.set_current(false);
      if (market) this.outbox_.book(() => null);
    } else if (this.book_) {
      this.show_book();
    }
    if (candles) this.outbox_.history(null);
    if (this.connection_.is_open) this.begin(focus, book, candles, market);
  }

  /** Takes a push; false when it is not of a public channel. */
  on_push(channel: string, data: unknown): boolean {
    const focus = this.focus_;
    if (channel.startsWith('ticker.')) {
      this.outbox_.ticker(data as Ticker);
      return true;
    }
    if (channel.startsWith('book.')) {
      if (focus && channel === book_channel(focus)) this.on_book(focus, data as BookPush);
      return true;
    }
    if (channel.startsWith('trades.')) {
      if (focus && channel === `trades.${focus.market}`) this.on_trades(focus, data as TradesPush);
      return true;
    }
    if (channel.startsWith('candles.')) {
      if (focus && channel === `candles.${focus.market}.${focus.interval}`) {
        this.outbox_.candle(focus.market, focus.interval, (data as { candle: Candle }).candle);
      }
      return true;
    }
    return false;
  }

  private begin(focus: Focus, book: boolean, candles: boolean, trades = true): void {
    const channels = [];
    if (book) channels.push(book_channel(focus));
    if (trades) channels.push(`trades.${focus.market}`);
    if (candles) channels.push(`candles.${focus.market}.${focus.interval}`);
    if (channels.length > 0) this.subscribe(channels);
    if (trades) void this.read_trades(focus.market);
    if (candles) void this.read_history(focus.market, focus.interval);
  }

  private subscribe(channels: string[]): void {
    this.connection_.request('subscribe', { channels }, (_, error) => {
      if (!error || !this.connection_.is_open) return;
      this.retry_ ??= setTimeout(() => {
        this.retry_ = null;
        const focus = this.focus_;
        if (focus && !this.current) this.begin(focus, true, true);
      }, kResubscribeMs);
    });
  }

  private unsubscribe(channels: string[]): void {
    if (this.connection_.is_open) {
      this.connection_.request('unsubscribe', { channels }, () => {});
    }
  }

  private on_book(focus: Focus, push: BookPush): void {
    const verdict = this.book_sequence_.judge(
      push.prev_sequence,
      push.sequence,
      push.snapshot === true,
    );
    this.outbox_.count(1, push.bids.length + push.asks.length);
    if (verdict === 'duplicate') return;
    if (verdict === 'gap') {
      // Pushes that were on the way while a snapshot is awaited are no news.
      if (this.current) this.resync(focus);
      return;
    }
    if (push.snapshot || !this.book_) this.book_ = new Book(focus);
    this.book_.apply(push);
    this.book_time_ = push.time;
    this.set_current(true);
    this.show_book();
  }

  private resync(focus: Focus): void {
    this.set_current(false);
    this.events_.on_resync();
    const channel = book_channel(focus);
    this.unsubscribe([channel]);
    this.subscribe([channel]);
  }

  private show_book(): void {
    this.outbox_.book(() => {
      const focus = this.focus_;
      if (!focus || !this.book_) return null;
      const sequence = this.book_sequence_.last ?? 0;
      const about = { market: focus.market, group: focus.group, sequence, time: this.book_time_ };
      return view_book(this.book_, about, kDepth, focus.rows);
    });
  }

  private on_trades(focus: Focus, push: TradesPush): void {
    const first = this.trade_sequence_.last === null;
    const verdict = this.trade_sequence_.judge(
      push.prev_sequence,
      push.sequence,
      push.snapshot === true || first,
    );
    this.outbox_.count(1, 0);
    if (verdict === 'gap') void this.read_trades(focus.market);
    this.add_trades(push.trades);
  }

  private async read_trades(market: string): Promise<void> {
    const path = `/api/trades/recent${query({ market, limit: kKeptTrades })}`;
    try {
      const read = await read_json<{ trades: Trade[] }>(this.origin_, path);
      if (this.focus_?.market !== market) return;
      this.add_trades(read.trades);
      this.outbox_.trades(this.trades_);
    } catch {
      // Live trades fill the list; the next connection reads again.
    }
  }

  private add_trades(more: Trade[]): void {
    if (more.length === 0) return;
    const known = new Set(this.trades_.map((trade) => trade.trade_id));
    const fresh = more.filter((trade) => !known.has(trade.trade_id));
    if (fresh.length === 0) return;
    this.trades_ = [...this.trades_, ...fresh]
      .sort((a, b) => compare_ids(b.trade_id, a.trade_id))
      .slice(0, kKeptTrades);
    this.outbox_.trades(this.trades_);
  }

  private async read_history(market: string, interval: Interval): Promise<void> {
    const asked = ++this.history_asked_;
    const path = `/api/ohlcv${query({ market, interval, limit: kHistoryLength })}`;
    const wanted = () =>
      asked === this.history_asked_ &&
      this.focus_?.market === market &&
      this.focus_.interval === interval;
    try {
      const read = await read_json<{ candles: Candle[] }>(this.origin_, path);
      if (wanted()) this.outbox_.history({ market, interval, candles: read.candles });
    } catch {
      if (!wanted()) return;
      this.outbox_.history(null, true);
      setTimeout(() => {
        if (wanted() && this.connection_.is_open) void this.read_history(market, interval);
      }, kHistoryRetryMs);
    }
  }

  private set_current(current: boolean): void {
    if (this.current === current) return;
    this.current = current;
    this.events_.on_current(current);
  }
}

interface TradesPush {
  prev_sequence: number | null;
  sequence: number;
  snapshot?: boolean;
  trades: Trade[];
}

function book_channel(focus: Focus): string {
  return `book.${focus.market}.${focus.group}.${kDepth}.${kBookInterval}`;
}
