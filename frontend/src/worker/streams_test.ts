import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Balance, Order } from '../api/types';
import type { Connection, Reply } from './connection';
import { MarketStreams } from './market_streams';
import type { AccountFrame, Focus, Frame } from './messages';
import { Outbox } from './outbox';

const kFocus: Focus = {
  market: 'KCN/EUR',
  price_decimals: 2,
  quantity_decimals: 0,
  group: 'none',
  interval: '1m',
  rows: 10,
};
const kBook = 'book.KCN/EUR.none.100.50ms';

/** A connection that keeps what was asked and answers at once. */
class Recorder {
  readonly asked: { method: string; channels: string[] }[] = [];
  is_open = true;

  request(method: string, params: { channels: string[] }, reply: Reply): void {
    this.asked.push({ method, channels: params.channels });
    reply({}, null);
  }
}

function push(prev_sequence: number | null, sequence: number, price: string, quantity: string) {
  const bids: [string, string][] = [[price, quantity]];
  const snapshot = prev_sequence === null;
  return { market: 'KCN/EUR', prev_sequence, sequence, snapshot, bids, asks: [], time: sequence };
}

function setup() {
  const frames: Frame[] = [];
  const outbox = new Outbox((frame) => frames.push(frame));
  const connection = new Recorder();
  const current: boolean[] = [];
  const streams = new MarketStreams(
    'http://127.0.0.1:9',
    ['KCN/EUR'],
    connection as unknown as Connection,
    outbox,
    { on_current: (value) => current.push(value), on_resync: () => {} },
  );
  streams.focus(kFocus);
  return { frames, outbox, connection, current, streams };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no network in this test')));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('MarketStreams', () => {
  it('shows a chain of pushes', () => {
    const { frames, outbox, streams, current } = setup();
    streams.on_push(kBook, push(null, 5, '1.00', '10'));
    streams.on_push(kBook, push(5, 6, '1.01', '3'));
    vi.runOnlyPendingTimers();
    expect(current).toEqual([true]);
    expect(frames[0]?.book?.bids.map((level) => level.price)).toEqual(['1.01', '1.00']);
    expect(frames[0]?.book?.sequence).toBe(6);
    expect(frames[0]).toMatchObject({ pushes: 2, changes: 2 });
    outbox.painted();
  });

  it('asks for a new snapshot after a gap, once, and marks the book until it comes', () => {
    const { connection, streams, current } = setup();
    streams.on_push(kBook, push(null, 5, '1.00', '10'));
    connection.asked.length = 0;
    streams.on_push(kBook, push(7, 8, '1.01', '3'));
    streams.on_push(kBook, push(8, 9, '1.02', '3'));
    expect(connection.asked).toEqual([
      { method: 'unsubscribe', channels: [kBook] },
      { method: 'subscribe', channels: [kBook] },
    ]);
    expect(current).toEqual([true, false]);
    expect(streams.gaps).toBe(1);
    streams.on_push(kBook, push(null, 12, '2.00', '1'));
    expect(current).toEqual([true, false, true]);
  });

  it('takes nothing of a channel that is no longer looked at', () => {
    const { frames, streams } = setup();
    streams.focus({ ...kFocus, group: '0.10' });
    streams.on_push(kBook, push(null, 5, '1.00', '10'));
    vi.runOnlyPendingTimers();
    expect(frames.at(-1)?.book ?? null).toBeNull();
  });

  it('needs a snapshot again after the connection was lost', () => {
    const { streams, current } = setup();
    streams.on_push(kBook, push(null, 5, '1.00', '10'));
    streams.on_closed();
    expect(current).toEqual([true, false]);
    streams.on_push(kBook, push(5, 6, '1.00', '11'));
    expect(streams.current).toBe(false);
  });
});

describe('Outbox', () => {
  const account = (source: AccountFrame['source'], change: Partial<AccountFrame> = {}) => ({
    source,
    read_at: 0,
    asked: 0,
    orders: [],
    fills: [],
    balances: null,
    ...change,
  });
  const euros = (available: string): Balance[] => [
    { asset: 'EUR', available, held: '0', total: available, decimals: 2 },
  ];
  const order = (order_id: string, filled_quantity = '0'): Order => ({
    order_id,
    client_order_id: null,
    market: 'KCN/EUR',
    side: 'buy',
    type: 'limit',
    time_in_force: 'gtc',
    price: '1.00',
    quantity: '10',
    filled_quantity,
    remaining_quantity: '10',
    average_price: null,
    status: 'open',
    reason: null,
    created_at: 1,
    updated_at: 1,
  });

  it('sends one frame, then none until it was painted', () => {
    const frames: Frame[] = [];
    const outbox = new Outbox((frame) => frames.push(frame));
    for (let at = 0; at < 1000; at++) {
      outbox.count(1, 1);
      outbox.trades([]);
      vi.runAllTimers();
    }
    expect(frames).toHaveLength(1);
    outbox.painted();
    vi.runAllTimers();
    expect(frames).toHaveLength(2);
    expect(frames[1]?.pushes).toBe(999);
  });

  it('merges account pushes that nobody took: the newest of each order, no limit', () => {
    const frames: Frame[] = [];
    const outbox = new Outbox((frame) => frames.push(frame));
    for (let at = 1; at <= 1000; at++) {
      outbox.account(account('push', { orders: [order(String(at % 2), String(at))] }));
    }
    vi.runAllTimers();
    const updates = frames[0]?.account ?? [];
    expect(updates).toHaveLength(1);
    expect(updates[0]?.orders.map((one) => one.filled_quantity).sort()).toEqual(['1000', '999']);
  });

  it('keeps what was pushed before, between and after readings, and the last reading', () => {
    const frames: Frame[] = [];
    const outbox = new Outbox((frame) => frames.push(frame));
    outbox.account(account('push', { orders: [order('1')], balances: euros('1.00') }));
    outbox.account(account('current', { orders: [order('2')] }));
    outbox.account(account('push', { orders: [order('3')] }));
    outbox.account(account('current', { orders: [order('4')] }));
    outbox.account(account('push', { balances: euros('2.00') }));
    vi.runAllTimers();
    const updates = frames[0]?.account ?? [];
    expect(updates.map((one) => [one.source, one.orders.map((o) => o.order_id)])).toEqual([
      ['push', ['3', '1']],
      ['current', ['4']],
      ['push', []],
    ]);
    expect(updates.map((one) => one.balances?.[0]?.available)).toEqual(['1.00', undefined, '2.00']);
  });
});
