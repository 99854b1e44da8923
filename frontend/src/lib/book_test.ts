import { describe, expect, it } from 'vitest';
import { Book, group_choices, level_of, view_book } from './book';
import { format_units, parse_units } from './decimal';

const kScales = { price_decimals: 2, quantity_decimals: 0 };
const kAbout = { market: 'KCN/EUR', group: 'none', sequence: 7, time: 1 };

function snapshot(): Book {
  const book = new Book(kScales);
  book.apply({
    snapshot: true,
    bids: [
      ['24.98', '30'],
      ['24.99', '20'],
    ],
    asks: [
      ['25.02', '5'],
      ['25.01', '10'],
    ],
  });
  return book;
}

describe('Book', () => {
  it('sorts both sides from the touch', () => {
    const view = view_book(snapshot(), kAbout, 10, 10);
    expect(view.bids.map((level) => level.price)).toEqual(['24.99', '24.98']);
    expect(view.asks.map((level) => level.price)).toEqual(['25.01', '25.02']);
    expect(view.spread).toBe('0.02');
    expect(view.spread_bp).toBe('8.0');
  });

  it('takes absolute quantities, and 0 as gone', () => {
    const book = snapshot();
    expect(
      book.apply({
        bids: [['24.99', '0']],
        asks: [
          ['25.01', '4'],
          ['25.03', '1'],
        ],
      }),
    ).toBe(3);
    const view = view_book(book, kAbout, 10, 10);
    expect(view.bids.map((level) => [level.price, level.quantity])).toEqual([['24.98', '30']]);
    expect(view.asks.map((level) => [level.price, level.quantity])).toEqual([
      ['25.01', '4'],
      ['25.02', '5'],
      ['25.03', '1'],
    ]);
  });

  it('takes a removal of what is not there as nothing', () => {
    const book = snapshot();
    book.apply({ bids: [['1.00', '0']], asks: [] });
    expect(view_book(book, kAbout, 10, 10).bids).toHaveLength(2);
  });

  it('forgets everything at a snapshot', () => {
    const book = snapshot();
    book.apply({ snapshot: true, bids: [['20.00', '1']], asks: [] });
    const view = view_book(book, kAbout, 10, 10);
    expect(view.bids.map((level) => level.price)).toEqual(['20.00']);
    expect(view.asks).toEqual([]);
    expect(view.spread).toBeNull();
  });

  it('runs totals up, and measures bars against the larger side on the screen', () => {
    const view = view_book(snapshot(), kAbout, 10, 10);
    expect(view.bids.map((level) => [level.total, level.share])).toEqual([
      ['20', 400],
      ['50', 1000],
    ]);
    expect(view.asks.map((level) => [level.total, level.share])).toEqual([
      ['10', 200],
      ['15', 300],
    ]);
    expect(view_book(snapshot(), kAbout, 10, 1).bids[0]?.share).toBe(1000);
  });

  it('equals a plain map after many random changes', () => {
    const book = new Book(kScales);
    const plain = new Map<string, string>();
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    for (let round = 0; round < 5_000; round++) {
      const price = format_units(BigInt(1000 + random(300)), 2);
      const quantity = String(random(4));
      book.apply({ bids: [[price, quantity]], asks: [] });
      if (quantity === '0') plain.delete(price);
      else plain.set(price, quantity);
    }
    const units = (text: string) => parse_units(text, 2) as bigint;
    const wanted = [...plain].sort(([a], [b]) => (units(b) > units(a) ? 1 : -1));
    const view = view_book(book, kAbout, 1000, 10);
    expect(view.bids.map((level) => [level.price, level.quantity])).toEqual(wanted);
  });
});

describe('grouping', () => {
  it('counts an order in the level away from the touch', () => {
    expect(level_of(2497n, 10n, 'buy')).toBe(2490n);
    expect(level_of(2491n, 10n, 'sell')).toBe(2500n);
    expect(level_of(2490n, 10n, 'sell')).toBe(2490n);
    expect(level_of(2497n, 0n, 'buy')).toBe(2497n);
  });

  it('offers multiples of the tick', () => {
    expect(group_choices('0.10', 2)).toEqual(['none', '0.50', '1.00', '5.00', '10.00', '50.00']);
  });
});
