// Open orders, order history, fills and balances as tables.

import type { Balance, Fill, Order, Side } from '../api/types';
import { display, group_thousands, trim_zeros } from '../lib/decimal';
import { day_clock, reason_words, status_words } from '../lib/words';
import { open_dialog } from '../state/dialogs';
import { cancel_order } from '../state/orders';
import { trade_path } from '../state/router';
import { Link } from './link';
import { IconButton } from './parts';
import { type Column, Table } from './table';

const quantity = (text: string) => group_thousands(text);

function SideWord({ side }: { side: Side }) {
  return (
    <span className={side === 'buy' ? 'text-buy' : 'text-sell'}>
      {side === 'buy' ? 'Buy' : 'Sell'}
    </span>
  );
}

function order_kind(order: Order): string {
  if (order.type === 'market') return 'Market';
  return order.time_in_force === 'ioc' ? 'Limit IOC' : 'Limit';
}

function price_of(order: Order): string {
  if (order.type === 'market' || order.price === null) return 'Market';
  return group_thousands(order.price);
}

function MarketLink({ market }: { market: string }) {
  return (
    <Link to={trade_path(market)} className="font-medium hover:text-accent">
      {market}
    </Link>
  );
}

const kTime: Column<Order> = {
  name: 'Time',
  from: 'md',
  cell: (order) => <span className="text-muted">{day_clock(order.created_at)}</span>,
};
const kMarket: Column<Order> = {
  name: 'Market',
  cell: (order) => <MarketLink market={order.market} />,
};
const kSide: Column<Order> = { name: 'Side', cell: (order) => <SideWord side={order.side} /> };
const kKind: Column<Order> = { name: 'Type', from: 'lg', cell: order_kind };

function Actions({ order }: { order: Order }) {
  const what = `${order.side} ${trim_zeros(order.quantity)} ${order.market}`;
  return (
    <span className="inline-flex">
      <IconButton
        icon="edit"
        label={`Amend order: ${what}`}
        className="!size-6"
        onClick={() => open_dialog({ kind: 'amend', order })}
      />
      <IconButton
        icon="close"
        label={`Cancel order: ${what}`}
        className="!size-6 hover:!text-sell"
        onClick={() => void cancel_order(order)}
      />
    </span>
  );
}

const kOpenColumns: readonly Column<Order>[] = [
  kTime,
  kMarket,
  kSide,
  kKind,
  { name: 'Price', right: true, cell: price_of },
  { name: 'Quantity', right: true, cell: (order) => quantity(order.quantity) },
  { name: 'Filled', right: true, from: 'md', cell: (order) => quantity(order.filled_quantity) },
  {
    name: 'Remaining',
    right: true,
    from: 'lg',
    cell: (order) => quantity(order.remaining_quantity),
  },
  { name: 'Actions', right: true, cell: (order) => <Actions order={order} /> },
];

export function OpenOrdersTable({ orders }: { orders: readonly Order[] }) {
  return (
    <Table
      label="Open orders"
      columns={kOpenColumns}
      rows={orders}
      row_key={(order) => order.order_id}
    />
  );
}

function Outcome({ order }: { order: Order }) {
  const why = reason_words(order.reason);
  return (
    <span title={why} className={order.status === 'filled' ? 'text-text' : 'text-muted'}>
      {status_words(order.status)}
      {order.status === 'rejected' && why && `: ${why}`}
    </span>
  );
}

const kHistoryColumns: readonly Column<Order>[] = [
  kTime,
  kMarket,
  kSide,
  kKind,
  { name: 'Price', right: true, from: 'md', cell: price_of },
  {
    name: 'Average',
    right: true,
    cell: (order) => (order.average_price ? group_thousands(order.average_price) : '–'),
  },
  {
    name: 'Filled',
    right: true,
    cell: (order) => (
      <>
        {quantity(order.filled_quantity)}
        <span className="text-faint"> / {quantity(order.quantity)}</span>
      </>
    ),
  },
  { name: 'Status', right: true, cell: (order) => <Outcome order={order} /> },
];

export function HistoryTable({ orders }: { orders: readonly Order[] }) {
  return (
    <Table
      label="Order history"
      columns={kHistoryColumns}
      rows={orders}
      row_key={(order) => order.order_id}
    />
  );
}

const kFillColumns: readonly Column<Fill>[] = [
  {
    name: 'Time',
    cell: (fill) => <span className="text-muted">{day_clock(fill.time)}</span>,
  },
  { name: 'Market', cell: (fill) => <MarketLink market={fill.market} /> },
  { name: 'Side', cell: (fill) => <SideWord side={fill.side} /> },
  { name: 'Price', right: true, cell: (fill) => group_thousands(fill.price) },
  { name: 'Quantity', right: true, cell: (fill) => quantity(fill.quantity) },
  {
    name: 'Fee',
    right: true,
    from: 'md',
    cell: (fill) => (
      <>
        {fill.fee} <span className="text-faint">{fill.fee_asset}</span>
      </>
    ),
  },
  {
    name: 'Role',
    right: true,
    from: 'md',
    cell: (fill) => <span className="text-muted capitalize">{fill.liquidity}</span>,
  },
  {
    name: 'Trade',
    right: true,
    from: 'xl',
    cell: (fill) => <span className="text-faint">{fill.trade_id}</span>,
  },
];

export function FillsTable({ fills }: { fills: readonly Fill[] }) {
  return (
    <Table
      label="Fills"
      columns={kFillColumns}
      rows={fills}
      row_key={(fill) => `${fill.market}|${fill.trade_id}|${fill.order_id}`}
    />
  );
}

/** An amount of an asset: all its digits when it is small money, no needless zeros otherwise. */
export function amount_words(text: string, decimals: number): string {
  return group_thousands(trim_zeros(display(text, decimals).replaceAll(',', ''), 2));
}

const kBalanceColumns: readonly Column<Balance>[] = [
  { name: 'Asset', cell: (balance) => <span className="font-medium">{balance.asset}</span> },
  {
    name: 'Available',
    right: true,
    cell: (balance) => amount_words(balance.available, balance.decimals),
  },
  {
    name: 'In orders',
    right: true,
    cell: (balance) => (
      <span className="text-muted">{amount_words(balance.held, balance.decimals)}</span>
    ),
  },
  { name: 'Total', right: true, cell: (balance) => amount_words(balance.total, balance.decimals) },
];

export function BalancesTable({
  balances,
  more = [],
}: {
  balances: readonly Balance[];
  more?: readonly Column<Balance>[];
}) {
  return (
    <Table
      label="Balances"
      columns={[...kBalanceColumns, ...more]}
      rows={balances}
      row_key={(balance) => balance.asset}
    />
  );
}
