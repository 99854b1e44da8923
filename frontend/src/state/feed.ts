// The page's end of the worker. Every frame of the worker goes into the stores within one
// animation frame, so that everything is painted once.

import { VenueError } from '../api/http';
import type { Candle, Interval, Ticker, Trade } from '../api/types';
import type { BookView } from '../lib/book';
import { merge_candle } from '../lib/candles';
import type { Focus, Frame, FromWorker, Link, ToWorker } from '../worker/messages';
import { take_account } from './account';
import { auth, refresh } from './auth';
import { create_store } from './store';

export const link = create_store<Link>({
  state: 'connecting',
  attempt: 0,
  retry_at: null,
  stale_since: null,
  latency_ms: null,
  gaps: 0,
  resyncs: 0,
});
export const book = create_store<BookView | null>(null);
/** Newest first; null until they were read. */
export const trades = create_store<Trade[] | null>(null);
export const tickers = create_store<Record<string, Ticker>>({});

export interface CandleState {
  market: string;
  interval: Interval | null;
  /** null until they were read. */
  candles: Candle[] | null;
  failed: boolean;
  /** Rises when the whole list is another one; live candles leave it as it is. */
  version: number;
}
export const candles = create_store<CandleState>({
  market: '',
  interval: null,
  candles: null,
  failed: false,
  version: 0,
});

const kRequestTimeoutMs = 10_000;

let worker: Worker | null = null;
let pending: Frame | null = null;
let next_id = 1;
let readings_asked = 0;
const waiting = new Map<number, (message: FromWorker & { kind: 'reply' }) => void>();

function post(message: ToWorker): void {
  worker?.postMessage(message);
}

function take_candles(frame: Frame): void {
  if (frame.history !== undefined) {
    const { history } = frame;
    const version = candles.get().version + 1;
    candles.set({
      market: history?.market ?? '',
      interval: history?.interval ?? null,
      candles: history?.candles ?? null,
      failed: frame.history_failed === true,
      version,
    });
  }
  const live = frame.candles;
  const known = candles.get();
  if (!live || !known.candles) return;
  if (live.market !== known.market || live.interval !== known.interval) return;
  candles.set({ ...known, candles: live.candles.reduce(merge_candle, known.candles) });
}

function flush(): void {
  const frame = pending;
  pending = null;
  if (!frame) return;
  if (frame.link) link.set(frame.link);
  if (frame.book !== undefined) book.set(frame.book);
  if (frame.trades !== undefined) trades.set(frame.trades);
  if (frame.tickers) {
    const fresh = Object.fromEntries(frame.tickers.map((ticker) => [ticker.market, ticker]));
    tickers.set({ ...tickers.get(), ...fresh });
  }
  take_candles(frame);
  for (const update of frame.account ?? []) take_account(update);
  if (frame.token_stale && auth.get().state === 'signed_in') void refresh();
  const { pushes, changes } = frame;
  mark('saker.frame', { pushes, changes });
  post({ kind: 'painted' });
}

/** A performance mark that an observer sees, and that takes no memory afterwards. */
export function mark(name: string, detail: Record<string, number>): void {
  performance.mark(name, { detail });
  performance.clearMarks(name);
}

function on_message(message: FromWorker): void {
  if (message.kind === 'frame') {
    pending = message.frame;
    requestAnimationFrame(flush);
    return;
  }
  const reply = waiting.get(message.id);
  waiting.delete(message.id);
  reply?.(message);
}

/** Starts the worker; later calls do nothing. */
export function start_feed(markets: string[]): void {
  if (worker) return;
  worker = new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' });
  worker.onmessage = (event: MessageEvent<FromWorker>) => on_message(event.data);
  post({ kind: 'start', origin: location.origin, markets });
  const tell_token = () => post({ kind: 'token', token: auth.get().token });
  let told = auth.get().token;
  if (told) tell_token();
  auth.subscribe(() => {
    if (auth.get().token === told) return;
    told = auth.get().token;
    tell_token();
  });
  window.addEventListener('online', () => post({ kind: 'wake' }));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') post({ kind: 'wake' });
  });
}

export function set_focus(focus: Focus): void {
  post({ kind: 'focus', focus });
}

/** Wants a complete reading of the account that begins after now; the number that it will bear. */
export function read_account(): number {
  post({ kind: 'read_account', number: ++readings_asked });
  return readings_asked;
}

/**
 * A request over the socket. Throws VenueError; OUTCOME_UNKNOWN when it was sent and no answer
 * came, UNAVAILABLE when it was not sent.
 */
export function request<T>(method: string, params: unknown): Promise<T> {
  const id = next_id++;
  return new Promise<T>((resolve, reject) => {
    const timeout = setTimeout(() => {
      waiting.delete(id);
      reject(new VenueError('OUTCOME_UNKNOWN', 'No answer within ten seconds.'));
    }, kRequestTimeoutMs);
    waiting.set(id, (message) => {
      clearTimeout(timeout);
      if (message.error) reject(new VenueError(message.error.code, message.error.message));
      else resolve(message.result as T);
    });
    post({ kind: 'request', id, method, params });
  });
}
