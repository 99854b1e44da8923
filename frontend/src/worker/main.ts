// The worker: owns the socket, reads and checks everything, sends frames to the page.

import { AccountStreams } from './account_streams';
import { Connection } from './connection';
import { MarketStreams } from './market_streams';
import type { FromWorker, Link, LinkState, ToWorker } from './messages';
import { Outbox } from './outbox';

interface Port {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}
const port = self as unknown as Port;

class Feed {
  private readonly outbox_ = new Outbox((frame) => port.postMessage({ kind: 'frame', frame }));
  private readonly connection_: Connection;
  private readonly market_: MarketStreams;
  private readonly account_: AccountStreams;
  private attempt_ = 0;
  private retry_at_: number | null = null;
  private stale_since_: number | null = null;
  private ever_current_ = false;
  private latency_ms_: number | null = null;
  private resyncs_ = 0;
  private ever_open_ = false;
  private feed_live_ = true;

  constructor(origin: string, markets: string[]) {
    this.connection_ = new Connection(`${origin.replace(/^http/, 'ws')}/ws`, {
      on_open: () => this.on_open(),
      on_push: (channel, data) => {
        if (channel === 'status') this.on_status((data as { feed: string }).feed === 'live');
        else if (!this.market_.on_push(channel, data)) this.account_.on_push(channel, data);
      },
      on_closed: (attempt, retry_at) => this.on_closed(attempt, retry_at),
      on_latency: (ms) => {
        this.latency_ms_ = ms;
        this.tell();
      },
    });
    this.market_ = new MarketStreams(origin, markets, this.connection_, this.outbox_, {
      on_current: () => this.judge(),
      on_resync: () => {
        this.resyncs_++;
        this.tell();
      },
    });
    this.account_ = new AccountStreams(origin, this.connection_, this.outbox_);
    this.connection_.open();
  }

  on_message(message: ToWorker): void {
    if (message.kind === 'focus') this.market_.focus(message.focus);
    else if (message.kind === 'token') this.account_.set_token(message.token);
    else if (message.kind === 'read_account') this.account_.read_again(message.number);
    else if (message.kind === 'painted') this.outbox_.painted();
    else if (message.kind === 'wake') this.connection_.wake();
    else if (message.kind === 'request') {
      const { id, method, params } = message;
      this.connection_.request(method, params, (result, error) => {
        port.postMessage({ kind: 'reply', id, result, ...(error ? { error } : {}) });
      });
    }
  }

  private on_open(): void {
    this.attempt_ = 0;
    this.retry_at_ = null;
    if (this.ever_open_) this.resyncs_++;
    this.ever_open_ = true;
    this.market_.on_open();
    this.account_.on_open();
    this.tell();
  }

  private on_closed(attempt: number, retry_at: number): void {
    this.attempt_ = attempt;
    this.retry_at_ = retry_at;
    this.latency_ms_ = null;
    this.feed_live_ = true;
    this.market_.on_closed();
    this.judge();
    this.account_.on_closed();
  }

  /** The gateway says whether what it knows of the market is itself current. */
  private on_status(live: boolean): void {
    this.feed_live_ = live;
    this.judge();
  }

  private judge(): void {
    const current = this.market_.current && this.feed_live_;
    this.ever_current_ ||= current;
    // What was never shown cannot be out of date.
    const stale = this.ever_current_ && !current;
    this.stale_since_ = stale ? (this.stale_since_ ?? Date.now()) : null;
    this.tell();
  }

  private tell(): void {
    const link: Link = {
      state: this.state(),
      attempt: this.attempt_,
      retry_at: this.retry_at_,
      stale_since: this.stale_since_,
      latency_ms: this.latency_ms_,
      gaps: this.market_.gaps + this.account_.gaps,
      resyncs: this.resyncs_,
    };
    this.outbox_.link(link);
  }

  private state(): LinkState {
    if (!this.connection_.is_open) return this.ever_open_ ? 'offline' : 'connecting';
    if (!this.feed_live_) return 'delayed';
    if (this.market_.current) return 'live';
    return this.ever_current_ ? 'resyncing' : 'connecting';
  }
}

let feed: Feed | null = null;

port.onmessage = (event) => {
  const message = event.data;
  if (message.kind === 'start') feed ??= new Feed(message.origin, message.markets);
  else feed?.on_message(message);
};
