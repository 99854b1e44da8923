// What the page and its worker say to each other. The worker sends at most one Frame for every
// `painted` that the page sends back, so a slow page gets fewer frames, never a queue of them.

import type {
  ApiErrorBody,
  Balance,
  Candle,
  Fill,
  Interval,
  Order,
  Ticker,
  Trade,
} from '../api/types';
import type { BookView } from '../lib/book';

/** "delayed": the connection stands, but the venue's own feed is behind. */
export type LinkState = 'connecting' | 'live' | 'resyncing' | 'delayed' | 'offline';

export interface Link {
  state: LinkState;
  /** Tries since the connection was lost; 0 when live. */
  attempt: number;
  /** When the next try is made, ms since 1970; null when none waits. */
  retry_at: number | null;
  /** When the data shown stopped being current; null while it is. */
  stale_since: number | null;
  /** Round trip of the last ping. */
  latency_ms: number | null;
  /** Sequence gaps found and snapshots taken anew since the page was opened. */
  gaps: number;
  resyncs: number;
}

/** Which market is looked at, and how. */
export interface Focus {
  market: string;
  price_decimals: number;
  quantity_decimals: number;
  group: string;
  interval: Interval;
  /** Rows of one side on the screen, for the length of the depth bars. */
  rows: number;
}

export interface AccountFrame {
  /**
   * push: what changed. current: a complete reading of the balances and of every open order.
   * history: a reading of the latest closed orders and of the latest fills.
   */
  source: 'push' | 'current' | 'history';
  /** When the reading began, ms since 1970; 0 of a push. */
  read_at: number;
  /** The last `read_account` that it answers: the page's number of it; 0: none, or a push. */
  asked: number;
  orders: Order[];
  fills: Fill[];
  /** null: nothing is said of them, or a push has said something newer. */
  balances: Balance[] | null;
}

export interface Frame {
  link?: Link;
  book?: BookView | null;
  /** null while those of another market are awaited. */
  trades?: Trade[] | null;
  tickers?: Ticker[];
  history?: { market: string; interval: Interval; candles: Candle[] } | null;
  history_failed?: boolean;
  candles?: { market: string; interval: Interval; candles: Candle[] };
  account?: AccountFrame[];
  /** The token is no good any more, or lacks the trading account: get another one. */
  token_stale?: boolean;
  /** Counted since the last frame: pushes received and book levels changed by them. */
  pushes: number;
  changes: number;
}

export type ToWorker =
  | { kind: 'start'; origin: string; markets: string[] }
  | { kind: 'focus'; focus: Focus }
  | { kind: 'token'; token: string | null }
  | { kind: 'request'; id: number; method: string; params: unknown }
  | { kind: 'read_account'; number: number }
  | { kind: 'painted' }
  | { kind: 'wake' };

export type FromWorker =
  | { kind: 'frame'; frame: Frame }
  | { kind: 'reply'; id: number; result?: unknown; error?: ApiErrorBody };
