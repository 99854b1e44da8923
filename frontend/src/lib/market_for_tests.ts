// A market with awkward steps, for tests.

import type { Market } from '../api/types';

export const kMarket: Market = {
  market: 'BTC/EUR',
  base: 'BTC',
  quote: 'EUR',
  price_decimals: 2,
  quantity_decimals: 2,
  quote_decimals: 2,
  tick_size: '1.00',
  lot_size: '0.01',
  min_quantity: '0.01',
  max_quantity: '1000.00',
  min_notional: '10.00',
  max_notional: null,
  max_price: '10000000.00',
  maker_fee: '0.0002',
  taker_fee: '0.0005',
  phase: 'open',
};
