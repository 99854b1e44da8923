// Judges what is in the order form: problems, the preview, and the order to send.

import type { Market, NewOrder, OrderType, Side, TimeInForce } from '../api/types';
import { format_units, parse_units, trim_zeros, units_of } from './decimal';
import {
  average_price,
  check_notional,
  check_price,
  check_quantity,
  fee_of,
  hold_of,
  type MarketUnits,
  market_units,
  notional_of,
  type WalkLevel,
  walk_book,
} from './preview';

export interface FormInput {
  side: Side;
  type: OrderType;
  time_in_force: TimeInForce;
  price: string;
  quantity: string;
  by_amount: boolean;
  amount: string;
}

export interface Surroundings {
  /** The other side of the book, best first. */
  levels: readonly WalkLevel[];
  /** What a market buy by quantity accepts at worst. */
  worst_price: string | null;
  /** Of the asset that is given away; null when not known. */
  available: string | null;
}

export interface FormCheck {
  problems: { price: string | null; quantity: string | null };
  /** Which fields hold something, so that their problems are worth telling. */
  typed: { price: boolean; quantity: boolean };
  /** Decimal strings of the quote asset; null while there is nothing to reckon. */
  preview: Preview | null;
  order: Omit<NewOrder, 'market'> | null;
  summary: string;
}

export interface Preview {
  value: string;
  fee: string;
  /** What a buy takes and a sell gives, fee included. */
  total: string;
  /** Of a market order through the shown book. */
  average: string | null;
  quantity: string;
  /** The shown book does not hold enough. */
  short: boolean;
}

type Judged = { problem: string | null; preview: Preview | null; needs: bigint };
const kNothing: Judged = { problem: null, preview: null, needs: 0n };

function preview_of(
  units: MarketUnits,
  side: Side,
  numbers: { notional: bigint; fee: bigint; quantity: bigint },
  average: string | null,
  short: boolean,
): Preview {
  const { notional, fee, quantity } = numbers;
  const total = side === 'buy' ? notional + fee : notional - fee;
  const text = (minor: bigint) => format_units(minor, units.quote_decimals);
  return {
    value: text(notional),
    fee: text(fee),
    total: text(total),
    average,
    quantity: format_units(quantity, units.quantity_decimals),
    short,
  };
}

function judge_limit(units: MarketUnits, input: FormInput): Judged {
  const price = parse_units(input.price, units.price_decimals);
  const quantity = parse_units(input.quantity, units.quantity_decimals);
  if (!price || !quantity) return kNothing;
  const notional = notional_of(units, price, quantity);
  const rate = units.taker_rate > units.maker_rate ? units.taker_rate : units.maker_rate;
  const numbers = { notional, fee: fee_of(notional, rate), quantity };
  return {
    problem: check_notional(units, notional),
    preview: preview_of(units, input.side, numbers, null, false),
    needs: input.side === 'buy' ? hold_of(units, price, quantity) : quantity,
  };
}

function judge_amount(units: MarketUnits, input: FormInput, around: Surroundings): Judged {
  const budget = parse_units(input.amount, units.quote_decimals);
  if (budget === null) {
    const problem = input.amount ? `At most ${units.quote_decimals} digits after the point.` : null;
    return { ...kNothing, problem };
  }
  if (budget === 0n) return { ...kNothing, problem: 'Enter an amount above 0.' };
  const walk = walk_book(units, around.levels, { budget });
  const average = average_price(units, walk);
  return {
    problem: check_notional(units, budget),
    preview: preview_of(units, 'buy', walk, average, !walk.complete),
    needs: budget,
  };
}

function judge_market(units: MarketUnits, input: FormInput, around: Surroundings): Judged {
  const quantity = parse_units(input.quantity, units.quantity_decimals);
  if (!quantity) return kNothing;
  const walk = walk_book(units, around.levels, { quantity });
  const preview = preview_of(units, input.side, walk, average_price(units, walk), !walk.complete);
  if (input.side === 'sell') return { problem: null, preview, needs: quantity };
  if (around.worst_price === null) {
    return { problem: 'Nobody offers anything right now.', preview, needs: 0n };
  }
  const worst = units_of(around.worst_price, units.price_decimals);
  return {
    problem: check_notional(units, notional_of(units, worst, quantity)),
    preview,
    needs: hold_of(units, worst, quantity),
  };
}

function balance_problem(
  units: MarketUnits,
  market: Market,
  input: FormInput,
  needs: bigint,
  there: string | null,
): string | null {
  if (there === null || needs === 0n) return null;
  const buy = input.side === 'buy';
  // Assets may be finer than the market's lots: compare at eighteen digits.
  const scale = buy ? units.quote_decimals : units.quantity_decimals;
  if (units_of(format_units(needs, scale), 18) <= units_of(there, 18)) return null;
  const asset = buy ? market.quote : market.base;
  return `Needs ${format_units(needs, scale)} ${asset}, ${trim_zeros(there, 2)} available.`;
}

function order_of(input: FormInput, around: Surroundings): Omit<NewOrder, 'market'> {
  const { side, type } = input;
  const plain = (text: string) => text.replace(/\.$/, '').replace(/^\./, '0.');
  if (type === 'limit') {
    const { time_in_force } = input;
    const price = plain(input.price);
    return { side, type, price, quantity: plain(input.quantity), time_in_force };
  }
  if (side === 'buy' && input.by_amount) return { side, type, quote_amount: plain(input.amount) };
  const quantity = plain(input.quantity);
  return side === 'buy' && around.worst_price !== null
    ? { side, type, quantity, price: around.worst_price }
    : { side, type, quantity };
}

function summary_of(market: Market, order: Omit<NewOrder, 'market'> | null): string {
  if (!order) return '';
  const verb = order.side === 'buy' ? 'Buy' : 'Sell';
  if (order.quote_amount) return `${verb} ${market.base} for ${order.quote_amount} ${market.quote}`;
  const at = order.type === 'limit' ? `at ${order.price} ${market.quote}` : 'at the market price';
  return `${verb} ${order.quantity} ${market.base} ${at}`;
}

export function check_form(market: Market, input: FormInput, around: Surroundings): FormCheck {
  const units = market_units(market);
  const limit = input.type === 'limit';
  const spends = !limit && input.by_amount && input.side === 'buy';
  const judged = limit
    ? judge_limit(units, input)
    : spends
      ? judge_amount(units, input, around)
      : judge_market(units, input, around);
  const price_problem = limit ? check_price(units, input.price) : null;
  const given = spends ? input.amount : input.quantity;
  const quantity_problem =
    (given === '' ? `Enter ${spends ? 'an amount' : 'a quantity'}.` : null) ??
    (spends ? null : check_quantity(units, input.quantity)) ??
    judged.problem ??
    balance_problem(units, market, input, judged.needs, around.available);
  const fine = price_problem === null && quantity_problem === null;
  const order = fine ? order_of(input, around) : null;
  return {
    problems: { price: price_problem, quantity: quantity_problem },
    typed: { price: limit && input.price !== '', quantity: given !== '' },
    preview: judged.preview,
    order,
    summary: summary_of(market, order),
  };
}
