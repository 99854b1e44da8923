// Buying and selling.

import { type FormEvent, type KeyboardEvent, useMemo } from 'react';
import type { Market, OrderType, Side } from '../api/types';
import { clean_input, display } from '../lib/decimal';
import { check_form, type FormCheck } from '../lib/form_check';
import { account } from '../state/account';
import { auth } from '../state/auth';
import { open_dialog } from '../state/dialogs';
import { book, link } from '../state/feed';
import {
  available_of,
  form,
  set_percent,
  set_price,
  set_side,
  set_type,
  step_price,
  touch_of,
  worst_price,
} from '../state/form';
import { useMarket } from '../state/market';
import { place_order } from '../state/orders';
import { preferences } from '../state/preferences';
import { useStore } from '../state/store';
import { cx } from './classes';
import { Preview } from './order_preview';
import { Button, Field, Panel, Segments, Skeleton } from './parts';

const kPercents = [25, 50, 75, 100] as const;
const kTypes: readonly { id: OrderType; label: string }[] = [
  { id: 'limit', label: 'Limit' },
  { id: 'market', label: 'Market' },
];
const kTimes = [
  { id: 'gtc', label: 'GTC' },
  { id: 'ioc', label: 'IOC' },
] as const;
const kAmounts = [
  { id: 'quantity', label: 'Quantity' },
  { id: 'amount', label: 'Amount' },
] as const;

function SideTabs({ side }: { side: Side }) {
  const look = (one: Side) =>
    one !== side
      ? 'bg-raised text-muted hover:text-text'
      : one === 'buy'
        ? 'bg-buy-fill text-on-fill'
        : 'bg-sell-fill text-on-fill';
  return (
    <fieldset aria-label="Side" className="grid grid-cols-2 gap-1">
      {(['buy', 'sell'] as const).map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === side}
          onClick={() => set_side(one)}
          className={`h-8 rounded font-semibold capitalize ${look(one)}`}
        >
          {one}
        </button>
      ))}
    </fieldset>
  );
}

function PriceField({ market, problem }: { market: Market; problem: string | null }) {
  const { price, side } = useStore(form);
  const on_key = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    step_price(market, event.shiftKey ? step * 10 : step);
  };
  const take_touch = () => {
    const touch = touch_of(side === 'buy' ? 'sell' : 'buy');
    if (touch) set_price(touch);
  };
  return (
    <Field
      label="Price"
      unit={market.quote}
      name="price"
      inputMode="decimal"
      value={price}
      problem={problem}
      onKeyDown={on_key}
      onChange={(event) => form.patch({ price: clean_input(event.target.value), percent: null })}
      extra={
        <button
          type="button"
          onClick={take_touch}
          title="Take the best price of your own side"
          className="rounded px-1.5 text-xs font-medium text-accent hover:bg-hover"
        >
          {side === 'buy' ? 'Bid' : 'Ask'}
        </button>
      }
    />
  );
}

function QuantityField({ market, problem }: { market: Market; problem: string | null }) {
  const { quantity, amount, by_amount, side, type } = useStore(form);
  const spends = by_amount && side === 'buy' && type === 'market';
  return (
    <Field
      label={spends ? 'Spend' : 'Quantity'}
      unit={spends ? market.quote : market.base}
      name="quantity"
      inputMode="decimal"
      value={spends ? amount : quantity}
      problem={problem}
      placeholder={spends ? '0.00' : market.min_quantity}
      onChange={(event) => {
        const text = clean_input(event.target.value);
        form.patch({ ...(spends ? { amount: text } : { quantity: text }), percent: null });
      }}
    />
  );
}

function Percents({ market }: { market: Market }) {
  const percent = useStore(form, (state) => state.percent);
  return (
    <fieldset aria-label="Part of what is available" className="grid grid-cols-4 gap-1">
      {kPercents.map((part) => (
        <button
          key={part}
          type="button"
          aria-pressed={percent === part}
          onClick={() => set_percent(market, part)}
          className={cx(
            'h-6 rounded bg-raised text-xs text-muted hover:bg-hover',
            'hover:text-text aria-pressed:text-accent',
          )}
        >
          {part}%
        </button>
      ))}
    </fieldset>
  );
}

function Options() {
  const { type, time_in_force, side, by_amount } = useStore(form);
  return (
    <div className="flex h-6 items-center justify-between">
      <Segments label="Order type" choices={kTypes} value={type} on_change={set_type} />
      {type === 'limit' && (
        <Segments
          label="Time in force: until cancelled, or immediate or cancel"
          choices={kTimes}
          value={time_in_force}
          on_change={(next) => form.patch({ time_in_force: next })}
        />
      )}
      {type === 'market' && side === 'buy' && (
        <Segments
          label="What is given"
          choices={kAmounts}
          value={by_amount ? 'amount' : 'quantity'}
          on_change={(next) => form.patch({ by_amount: next === 'amount', percent: null })}
        />
      )}
    </div>
  );
}

async function send(market: Market, check: FormCheck): Promise<void> {
  if (!check.order) return;
  form.patch({ sending: true });
  const taken = await place_order({ market: market.market, ...check.order });
  const cleared = { quantity: '', amount: '', percent: null, tried: false };
  form.patch({ sending: false, ...(taken ? cleared : {}) });
}

function submit(market: Market, check: FormCheck): void {
  if (auth.get().state !== 'signed_in') {
    open_dialog({ kind: 'sign_in' });
    return;
  }
  form.patch({ tried: true });
  if (!check.order || form.get().sending) return;
  if (preferences.get().confirm_orders) {
    open_dialog({
      kind: 'confirm',
      title: 'Send this order?',
      detail: check.summary,
      action: form.get().side === 'buy' ? 'Buy' : 'Sell',
      act: () => void send(market, check),
    });
  } else {
    void send(market, check);
  }
}

function SubmitButton({ market }: { market: Market }) {
  const { side, sending } = useStore(form);
  const signed_in = useStore(auth, (state) => state.state === 'signed_in');
  const online = useStore(link, (state) => state.state !== 'offline');
  const open = market.phase === 'open';
  const words = !signed_in
    ? 'Sign in to trade'
    : !open
      ? 'Market is not open'
      : !online
        ? 'Offline'
        : sending
          ? 'Sending…'
          : `${side === 'buy' ? 'Buy' : 'Sell'} ${market.base}`;
  return (
    <Button
      type="submit"
      look={signed_in ? side : 'accent'}
      busy={sending}
      disabled={signed_in && (!open || !online)}
      className="h-10 w-full font-semibold"
    >
      {words}
    </Button>
  );
}

function useCheck(market: Market): FormCheck {
  const state = useStore(form);
  const view = useStore(book);
  const { balances, ready } = useStore(account);
  return useMemo(() => {
    const touch = touch_of(state.side);
    return check_form(market, state, {
      levels: (state.side === 'buy' ? view?.asks : view?.bids) ?? [],
      worst_price: touch && state.side === 'buy' ? worst_price(market, touch) : null,
      available: ready
        ? available_of(balances, state.side === 'buy' ? market.quote : market.base)
        : null,
    });
  }, [market, state, view, balances, ready]);
}

function Fields({ market }: { market: Market }) {
  const { type, side, tried } = useStore(form);
  const check = useCheck(market);
  const signed_in = useStore(auth, (state) => state.state === 'signed_in');
  const problem = (field: 'price' | 'quantity') =>
    (tried || check.typed[field]) && signed_in ? check.problems[field] : null;
  const asset = side === 'buy' ? market.quote : market.base;
  const decimals = side === 'buy' ? market.quote_decimals : market.quantity_decimals;
  const balances = useStore(account, (known) => known.balances);
  return (
    <form
      noValidate
      className="flex flex-col gap-2.5 px-3 pb-3"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        submit(market, check);
      }}
    >
      <SideTabs side={side} />
      <Options />
      {type === 'limit' && <PriceField market={market} problem={problem('price')} />}
      <QuantityField market={market} problem={problem('quantity')} />
      <Percents market={market} />
      <div className="flex justify-between text-xs">
        <span className="text-muted">Available</span>
        <span data-testid="available">
          {signed_in ? display(available_of(balances, asset), decimals) : '–'} {asset}
        </span>
      </div>
      <Preview market={market} check={check} />
      <SubmitButton market={market} />
    </form>
  );
}

export function OrderForm({ className = '' }: { className?: string }) {
  const market = useMarket();
  return (
    <Panel label="Place an order" className={className}>
      <header className="flex h-9 shrink-0 items-center px-3">
        <h2 className="font-medium">Place an order</h2>
      </header>
      {market ? <Fields market={market} /> : <Skeleton className="m-3 h-64" />}
    </Panel>
  );
}
