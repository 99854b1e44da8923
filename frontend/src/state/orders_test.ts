import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VenueError } from '../api/http';
import type { Order } from '../api/types';
import type { AccountFrame } from '../worker/messages';
import { account, take_account } from './account';
import { auth } from './auth';
import { place_order } from './orders';
import { toasts } from './toasts';

let ids: string[] = [];
let asked = 0;

vi.hoisted(() => {
  vi.stubGlobal('localStorage', { getItem: () => null });
});
vi.mock('./sound', () => ({ chime: () => {} }));
// The socket: every request's answer is lost.
vi.mock('./feed', () => ({
  request: (_method: string, order: { client_order_id: string }) => {
    ids.push(order.client_order_id);
    return Promise.reject(new VenueError('OUTCOME_UNKNOWN', ''));
  },
  read_account: () => ++asked,
}));

const kWanted = { market: 'KCN/EUR', side: 'buy', type: 'market', quantity: '30' } as const;

function frame(source: AccountFrame['source'], number: number, orders: Order[] = []) {
  take_account({ source, read_at: 0, asked: number, orders, fills: [], balances: null });
}

/** The order whose answer was lost, as a reading or a push shows it. */
function its_order(): Order {
  return {
    order_id: '77',
    client_order_id: ids.at(-1) as string,
    market: 'KCN/EUR',
    side: 'buy',
    type: 'market',
    time_in_force: 'ioc',
    price: null,
    quantity: '30',
    filled_quantity: '30',
    remaining_quantity: '0',
    average_price: '25.00',
    status: 'filled',
    reason: null,
    created_at: 1,
    updated_at: 1,
  };
}

const titles = () => toasts.get().map((toast) => toast.title);

describe('an order whose answer was lost', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    ids = [];
    asked = 0;
    toasts.set([]);
    auth.set({ state: 'signed_in', user: null, token: 'token' });
    account.set({ ...account.get(), orders: [], current_asked: 0, history_asked: 0 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is told as soon as a reading has it', async () => {
    await place_order(kWanted);
    expect(titles()).toEqual(['Outcome not known yet']);
    expect(toasts.get()[0]?.detail).toContain('Buy 30 KCN');
    frame('history', 1, [its_order()]);
    expect(titles()).toEqual(['Outcome not known yet', 'Order filled']);
    frame('current', 1);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(titles()).toEqual(['Outcome not known yet', 'Order filled']);
  });

  it('is none when both readings that were asked for since lack it, and not before', async () => {
    await place_order(kWanted);
    frame('history', 0);
    frame('current', 0);
    frame('history', 1);
    frame('push', 0);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(titles()).toEqual(['Outcome not known yet']);
    frame('current', 1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(titles()).toContain('The order did not reach the venue');
  });

  it('may be pushed a little later than the readings that lack it', async () => {
    await place_order(kWanted);
    frame('current', 1);
    frame('history', 1);
    await vi.advanceTimersByTimeAsync(500);
    frame('push', 0, [its_order()]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(titles()).toEqual(['Outcome not known yet', 'Order filled']);
  });

  it('is waited for as long as it takes', async () => {
    await place_order(kWanted);
    await vi.advanceTimersByTimeAsync(600_000);
    frame('push', 0, [its_order()]);
    expect(titles()).toEqual(['Order filled']);
  });

  it('is of nobody once the person has signed out', async () => {
    await place_order(kWanted);
    auth.set({ state: 'signed_out', user: null, token: null });
    auth.set({ state: 'signed_in', user: null, token: 'other' });
    frame('current', 1);
    frame('history', 1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(titles()).toEqual(['Outcome not known yet']);
  });
});
