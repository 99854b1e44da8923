import { describe, expect, it } from 'vitest';
import { check_form, type FormInput, type Surroundings } from './form_check';
import { kMarket } from './market_for_tests';

const kInput: FormInput = {
  side: 'buy',
  type: 'limit',
  time_in_force: 'gtc',
  price: '90000',
  quantity: '0.02',
  by_amount: false,
  amount: '',
};
const kAround: Surroundings = {
  levels: [{ price: '90000.00', quantity: '5.00' }],
  worst_price: '91800.00',
  available: '5000.00',
};

describe('check_form', () => {
  it('previews a limit buy to the cent and makes the order', () => {
    const check = check_form(kMarket, kInput, kAround);
    expect(check.preview).toMatchObject({ value: '1800.00', fee: '0.90', total: '1800.90' });
    expect(check.problems).toEqual({ price: null, quantity: null });
    expect(check.order).toEqual({
      side: 'buy',
      type: 'limit',
      price: '90000',
      quantity: '0.02',
      time_in_force: 'gtc',
    });
    expect(check.summary).toBe('Buy 0.02 BTC at 90000 EUR');
  });

  it('previews what a sell brings, fee taken off', () => {
    const check = check_form(kMarket, { ...kInput, side: 'sell' }, { ...kAround, available: '1' });
    expect(check.preview?.total).toBe('1799.10');
  });

  it('refuses one cent more than there is, and takes all there is', () => {
    const exact = check_form(kMarket, kInput, { ...kAround, available: '1800.90' });
    expect(exact.order).not.toBeNull();
    const short = check_form(kMarket, kInput, { ...kAround, available: '1800.89' });
    expect(short.order).toBeNull();
    expect(short.problems.quantity).toBe('Needs 1800.90 EUR, 1800.89 available.');
  });

  it('compares a balance that is finer than the lots', () => {
    const sell = { ...kInput, side: 'sell' as const };
    const short = check_form(kMarket, sell, { ...kAround, available: '0.01999999' });
    expect(short.order).toBeNull();
    const enough = check_form(kMarket, sell, { ...kAround, available: '0.02000000' });
    expect(enough.order).not.toBeNull();
  });

  it('sends a market buy with its worst price, or with an amount', () => {
    const market = { ...kInput, type: 'market' as const };
    const by_quantity = check_form(kMarket, market, kAround);
    expect(by_quantity.order).toEqual({
      side: 'buy',
      type: 'market',
      quantity: '0.02',
      price: '91800.00',
    });
    expect(by_quantity.preview).toMatchObject({ average: '90000.00', total: '1800.90' });
    const by_amount = check_form(kMarket, { ...market, by_amount: true, amount: '1000.' }, kAround);
    expect(by_amount.order).toEqual({ side: 'buy', type: 'market', quote_amount: '1000' });
    expect(by_amount.preview?.quantity).toBe('0.01');
  });

  it('sends a market sell without a price', () => {
    const sell = { ...kInput, side: 'sell' as const, type: 'market' as const };
    const check = check_form(kMarket, sell, { ...kAround, worst_price: null, available: '1' });
    expect(check.order).toEqual({ side: 'sell', type: 'market', quantity: '0.02' });
  });

  it.each([
    [{ quantity: '' }, 'quantity', /Enter a quantity/],
    [{ quantity: '0.001' }, 'quantity', /2 digits/],
    [{ price: '' }, 'price', /digits|price/],
    [{ price: '0.50' }, 'price', /multiple/],
    [{ price: '1', quantity: '0.01' }, 'quantity', /at least 10.00/],
  ] as const)('finds the problem in %j', (change, field, words) => {
    const check = check_form(kMarket, { ...kInput, ...change }, kAround);
    expect(check.problems[field]).toMatch(words);
    expect(check.order).toBeNull();
  });

  it('knows when nobody sells', () => {
    const around = { ...kAround, levels: [], worst_price: null };
    const check = check_form(kMarket, { ...kInput, type: 'market' }, around);
    expect(check.problems.quantity).toMatch(/Nobody/);
  });
});
