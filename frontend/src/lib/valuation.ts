// What a set of balances is worth in one asset, at last prices, in exact integers.

import type { Balance, Market, Ticker } from '../api/types';
import { format_units, parse_units, power_of_ten } from './decimal';

/** Minor units of `quote` that `balance` is worth, cut off; null when no price is known. */
export function value_in(
  quote: string,
  quote_decimals: number,
  balance: Balance,
  markets: readonly Market[],
  tickers: Readonly<Record<string, Ticker>>,
): bigint | null {
  const total = parse_units(balance.total, balance.decimals);
  if (total === null) return null;
  if (balance.asset === quote) {
    return parse_units(balance.total, quote_decimals) ?? null;
  }
  if (total === 0n) return 0n;
  const market = markets.find((one) => one.base === balance.asset && one.quote === quote);
  const last = market ? tickers[market.market]?.last : null;
  if (!market || !last) return null;
  const price = parse_units(last, market.price_decimals);
  if (price === null) return null;
  const surplus = balance.decimals + market.price_decimals - quote_decimals;
  const product = total * price;
  return surplus >= 0 ? product / power_of_ten(surplus) : product * power_of_ten(-surplus);
}

/** The sum of all that can be valued, as a decimal string. */
export function portfolio_value(
  quote: string,
  quote_decimals: number,
  balances: readonly Balance[],
  markets: readonly Market[],
  tickers: Readonly<Record<string, Ticker>>,
): string {
  let sum = 0n;
  for (const balance of balances) {
    sum += value_in(quote, quote_decimals, balance, markets, tickers) ?? 0n;
  }
  return format_units(sum, quote_decimals);
}
