import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Order } from '../api/types';
import { AccountStreams } from './account_streams';
import type { Connection, Reply } from './connection';
import type { Frame } from './messages';
import { Outbox } from './outbox';

const kReadings: Record<string, unknown> = {
  '/api/balances': { balances: [{ asset: 'EUR', available: '1.00' }] },
  '/api/orders': { orders: [] },
  '/api/trades': { trades: [] },
};

/** Answers requests at once; `refuse` makes a method fail with a code. */
class Gateway {
  readonly asked: string[] = [];
  readonly refuse = new Map<string, string>();
  is_open = true;
  /** Answers wait for let_go(). */
  holds = false;
  private held_: Reply[] = [];

  request(method: string, _params: unknown, reply: Reply): void {
    this.asked.push(method);
    if (this.holds) {
      this.held_.push(reply);
      return;
    }
    const code = this.refuse.get(method);
    reply({}, code ? { code, message: '' } : null);
  }

  let_go(code?: string): void {
    this.holds = false;
    for (const reply of this.held_.splice(0)) reply({}, code ? { code, message: '' } : null);
  }
}

function setup() {
  const frames: Frame[] = [];
  const outbox = new Outbox((frame) => {
    frames.push(frame);
    outbox.painted();
  });
  const gateway = new Gateway();
  const streams = new AccountStreams('', gateway as unknown as Connection, outbox);
  return { frames, gateway, streams };
}

let reads: string[] = [];
let failing: string | null = null;
/** Readings are answered when it resolves. */
let gate: Promise<void> = Promise.resolve();

beforeEach(() => {
  reads = [];
  failing = null;
  gate = Promise.resolve();
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (path: string) => {
    const name = path.split('?')[0] as string;
    reads.push(name);
    const status = name === failing ? 503 : 200;
    return gate.then(() => new Response(JSON.stringify(kReadings[name]), { status }));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = () => vi.advanceTimersByTimeAsync(10);

function push(prev_sequence: number | null, sequence: number) {
  return { prev_sequence, sequence, orders: [] as Order[] };
}

describe('AccountStreams', () => {
  it('signs in, subscribes, then reads everything once', async () => {
    const { frames, gateway, streams } = setup();
    streams.set_token('token');
    await settle();
    expect(gateway.asked).toEqual(['auth', 'subscribe']);
    expect(reads.sort()).toEqual(['/api/balances', '/api/orders', '/api/orders', '/api/trades']);
    expect(frames.flatMap((frame) => frame.account ?? [])).toMatchObject([
      { source: 'current', balances: [{ asset: 'EUR' }] },
      { source: 'history', balances: null },
    ]);
  });

  it('takes a renewed token without subscribing or reading again', async () => {
    const { gateway, streams } = setup();
    streams.set_token('first');
    await settle();
    reads = [];
    streams.set_token('second');
    await settle();
    expect(gateway.asked).toEqual(['auth', 'subscribe', 'auth']);
    expect(reads).toEqual([]);
  });

  it('reads everything again after a gap', async () => {
    const { streams } = setup();
    streams.set_token('token');
    await settle();
    reads = [];
    streams.on_push('orders', push(4, 5));
    streams.on_push('orders', push(5, 6));
    await settle();
    expect(reads).toEqual([]);
    streams.on_push('orders', push(7, 8));
    await settle();
    expect(reads).toHaveLength(4);
    expect(streams.gaps).toBe(1);
  });

  it('asks for another token when this one is over or has no account yet', async () => {
    for (const code of ['UNAUTHENTICATED', 'CONFLICT']) {
      const { frames, gateway, streams } = setup();
      gateway.refuse.set(code === 'CONFLICT' ? 'subscribe' : 'auth', code);
      streams.set_token('token');
      await vi.advanceTimersByTimeAsync(3_000);
      expect(frames.some((frame) => frame.token_stale)).toBe(true);
      expect(reads).toEqual([]);
    }
  });

  it('ends with the token', async () => {
    const { gateway, streams } = setup();
    streams.set_token('token');
    await settle();
    streams.set_token(null);
    expect(gateway.asked.at(-1)).toBe('unsubscribe');
  });
});

describe('AccountStreams and the page', () => {
  it('hands over a push that came while the balances were read, and it stands last', async () => {
    const { frames, streams } = setup();
    streams.set_token('token');
    streams.on_push('balances', { sequence: 1, balances: [{ asset: 'EUR', available: '2.00' }] });
    await settle();
    const told = frames.flatMap((frame) => frame.account ?? []).map((one) => one.balances);
    expect(told.filter((one) => one !== null)).toEqual([[{ asset: 'EUR', available: '2.00' }]]);
  });

  it('hands over balances and open orders when the history cannot be read', async () => {
    failing = '/api/trades';
    const { frames, streams } = setup();
    streams.set_token('token');
    await settle();
    const told = () => frames.flatMap((frame) => frame.account ?? []);
    expect(told()).toMatchObject([{ source: 'current', balances: [{ asset: 'EUR' }] }]);
    failing = null;
    await vi.advanceTimersByTimeAsync(2_100);
    expect(told().map((one) => one.source)).toEqual(['current', 'current', 'history']);
  });

  it('hands nothing of a person over who has signed out', async () => {
    const { frames, streams } = setup();
    streams.set_token('token');
    await settle();
    frames.length = 0;
    streams.on_push('balances', { sequence: 1, balances: [] });
    streams.set_token(null);
    await settle();
    expect(frames.flatMap((frame) => frame.account ?? [])).toEqual([]);
  });
});

describe('AccountStreams, asked to read', () => {
  it('reads again when asked, behind what was sent before, and says for whom', async () => {
    const { frames, gateway, streams } = setup();
    const numbers = () => frames.flatMap((one) => one.account ?? []).map((one) => one.asked);
    streams.read_again(1); // nobody is signed in yet
    streams.set_token('token');
    await settle();
    expect(numbers()).toEqual([1, 1]);
    gateway.holds = true;
    reads = [];
    streams.read_again(2);
    await settle();
    expect(gateway.asked.at(-1)).toBe('auth');
    expect(reads).toEqual([]);
    failing = '/api/trades';
    gateway.let_go();
    await settle();
    expect(numbers()).toEqual([1, 1, 2]);
    failing = null;
    await vi.advanceTimersByTimeAsync(2_100);
    expect(numbers()).toEqual([1, 1, 2, 2, 2]);
  });

  it('does not take a reading that had begun before for the one asked for', async () => {
    const { frames, gateway, streams } = setup();
    const numbers = () => frames.flatMap((one) => one.account ?? []).map((one) => one.asked);
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    streams.set_token('token');
    await settle();
    gateway.refuse.set('auth', 'UNAVAILABLE');
    streams.read_again(1);
    open();
    await settle();
    expect(numbers()).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(2_100);
    expect(numbers()).toEqual([0, 0, 1, 1]);
  });

  it('reads for whoever asked once the lost connection is back', async () => {
    const { frames, gateway, streams } = setup();
    streams.set_token('token');
    await settle();
    frames.length = 0;
    gateway.holds = true;
    streams.read_again(1);
    streams.on_closed();
    gateway.let_go('UNAVAILABLE');
    streams.on_open();
    await settle();
    expect(frames.flatMap((one) => one.account ?? []).map((one) => one.asked)).toEqual([1, 1]);
  });
});
