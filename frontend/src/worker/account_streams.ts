// The private side: orders, fills and balances of who is signed in. Pushes are checked for gaps;
// a complete reading over HTTP starts them and repairs them.

import type { Balance, Fill, Order } from '../api/types';
import { SequenceTracker } from '../lib/sequence';
import type { Connection } from './connection';
import { query, ReadError, read_json } from './http';
import type { AccountFrame } from './messages';
import type { Outbox } from './outbox';

const kChannels = ['orders', 'fills', 'balances'];
const kOpen = 500;
const kHistory = 100;
const kRetryMs = 2_000;

interface Push {
  prev_sequence?: number | null;
  sequence: number;
  snapshot?: boolean;
  orders?: Order[];
  fills?: Fill[];
  balances?: Balance[];
}

export class AccountStreams {
  private token_: string | null = null;
  private subscribed_ = false;
  private reading_ = 0;
  private asked_ = 0;
  private balances_told_ = 0;
  private retry_: ReturnType<typeof setTimeout> | null = null;
  private readonly orders_ = new SequenceTracker();
  private readonly fills_ = new SequenceTracker();

  constructor(
    private readonly origin_: string,
    private readonly connection_: Connection,
    private readonly outbox_: Outbox,
  ) {}

  get gaps(): number {
    return this.orders_.gaps + this.fills_.gaps;
  }

  on_open(): void {
    this.subscribed_ = false;
    if (this.token_) this.begin(this.token_);
  }

  on_closed(): void {
    this.subscribed_ = false;
    this.reading_++;
    this.orders_.reset();
    this.fills_.reset();
  }

  /** A new token of the same person renews the socket's; null signs it out. */
  set_token(token: string | null): void {
    const before = this.token_;
    this.token_ = token;
    if (!token) {
      this.on_closed();
      this.outbox_.forget_account();
      if (before && this.connection_.is_open) {
        this.connection_.request('unsubscribe', { channels: kChannels }, () => {});
      }
      return;
    }
    if (this.connection_.is_open) this.begin(token);
  }

  /**
   * A complete reading as soon as one is possible; its frames bear the number. It begins when the
   * venue has everything that was sent over the socket before: the answer to a later request says
   * so, or the end of the socket.
   */
  read_again(number: number): void {
    const token = this.token_;
    if (!token || !this.subscribed_) {
      this.asked_ = number;
      return;
    }
    this.connection_.request('auth', { token }, (_, error) => {
      this.asked_ = Math.max(this.asked_, number);
      if (this.token_ !== token || !this.subscribed_) return;
      if (error) this.fail(error.code);
      else void this.read_all();
    });
  }

  /** Takes a push; false when it is not of a private channel. */
  on_push(channel: string, data: unknown): boolean {
    if (channel === 'auth') {
      this.subscribed_ = false;
      this.outbox_.token_stale();
      return true;
    }
    if (!kChannels.includes(channel)) return false;
    const push = data as Push;
    const tracker = channel === 'orders' ? this.orders_ : channel === 'fills' ? this.fills_ : null;
    if (push.balances) this.balances_told_++;
    if (tracker) {
      // A snapshot in the middle of a chain: the gateway lost its own thread and found it again.
      if (push.snapshot && tracker.last !== null) void this.read_all();
      const snapshot = push.snapshot === true || tracker.last === null;
      const verdict = tracker.judge(push.prev_sequence ?? null, push.sequence, snapshot);
      if (verdict === 'gap') void this.read_all();
    }
    this.outbox_.count(1, 0);
    this.outbox_.account({
      source: 'push',
      read_at: 0,
      asked: 0,
      orders: push.orders ?? [],
      fills: push.fills ?? [],
      balances: push.balances ?? null,
    });
    return true;
  }

  private begin(token: string): void {
    this.connection_.request('auth', { token }, (_, error) => {
      if (this.token_ !== token) return;
      if (error) {
        this.fail(error.code);
        return;
      }
      if (this.subscribed_) return;
      this.subscribed_ = true;
      this.connection_.request('subscribe', { channels: kChannels }, (_reply, refused) => {
        if (refused) {
          this.subscribed_ = false;
          this.fail(refused.code);
        } else {
          void this.read_all();
        }
      });
    });
  }

  /** CONFLICT: the trading account of a new person is still being opened. */
  private fail(code: string): void {
    if (code === 'UNAUTHENTICATED') this.outbox_.token_stale();
    else this.again(code === 'CONFLICT');
  }

  private again(wants_token: boolean): void {
    if (this.retry_ !== null || !this.connection_.is_open) return;
    this.retry_ = setTimeout(() => {
      this.retry_ = null;
      if (!this.token_ || !this.connection_.is_open) return;
      if (wants_token) this.outbox_.token_stale();
      else if (this.subscribed_) void this.read_all();
      else this.begin(this.token_);
    }, kRetryMs);
  }

  /** The engine's side and the history at once; the first does not wait for the second. */
  private async read_all(): Promise<void> {
    const token = this.token_;
    if (!token) return;
    const reading = ++this.reading_;
    const parts = [this.read_current(token), this.read_history(token)];
    const hand_over = async (part: Promise<AccountFrame>) => {
      const update = await part;
      if (reading === this.reading_) this.outbox_.account(update);
    };
    try {
      await Promise.all(parts.map(hand_over));
    } catch (error) {
      if (reading !== this.reading_) return;
      this.fail(error instanceof ReadError ? error.code : 'UNAVAILABLE');
    }
  }

  private async read_current(token: string): Promise<AccountFrame> {
    const read_at = Date.now();
    const asked = this.asked_;
    const told = this.balances_told_;
    const [balances, open] = await Promise.all([
      this.read<{ balances: Balance[] }>(token, '/api/balances'),
      this.read<{ orders: Order[] }>(token, '/api/orders', { status: 'open', limit: kOpen }),
    ]);
    return {
      source: 'current',
      read_at,
      asked,
      orders: open.orders,
      fills: [],
      // A push since then knows better.
      balances: told === this.balances_told_ ? balances.balances : null,
    };
  }

  private async read_history(token: string): Promise<AccountFrame> {
    const read_at = Date.now();
    const asked = this.asked_;
    const [closed, fills] = await Promise.all([
      this.read<{ orders: Order[] }>(token, '/api/orders', { status: 'closed', limit: kHistory }),
      this.read<{ trades: Fill[] }>(token, '/api/trades', { limit: kHistory }),
    ]);
    return {
      source: 'history',
      read_at,
      asked,
      orders: closed.orders,
      fills: fills.trades,
      balances: null,
    };
  }

  private read<T>(token: string, path: string, parameters: Parameters<typeof query>[0] = {}) {
    return read_json<T>(this.origin_, path + query(parameters), token);
  }
}
