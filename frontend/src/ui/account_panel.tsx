// What the account has and did: tabs below the chart.

import { useMemo, useState } from 'react';
import { VenueError } from '../api/http';
import type { Balance, Fill, Order } from '../api/types';
import { is_open } from '../lib/account';
import { units_of } from '../lib/decimal';
import { reason_words } from '../lib/words';
import { account, take_older } from '../state/account';
import { auth, call } from '../state/auth';
import { open_dialog } from '../state/dialogs';
import { useMarket } from '../state/market';
import { cancel_all } from '../state/orders';
import { useStore } from '../state/store';
import { toast } from '../state/toasts';
import { BalancesTable, FillsTable, HistoryTable, OpenOrdersTable } from './account_tables';
import { Link } from './link';
import { Button, Checkbox, Empty, Panel, Skeleton, Tabs } from './parts';

type TabId = 'open' | 'history' | 'fills' | 'balances';

const kPage = 100;

export function held_first(balances: readonly Balance[]): Balance[] {
  const has = (balance: Balance) => (units_of(balance.total, 18) > 0n ? 1 : 0);
  return [...balances].sort((a, b) => has(b) - has(a));
}

/** Reads the page behind the oldest entry known; remembers when there are no more. */
function useOlder(kind: 'history' | 'fills') {
  const [next, set_next] = useState<string | null | undefined>(undefined);
  const [busy, set_busy] = useState(false);
  const read = async () => {
    set_busy(true);
    const base = kind === 'history' ? '/api/orders?status=closed&' : '/api/trades?';
    const from = next ? `&before=${encodeURIComponent(next)}` : '';
    try {
      const page = await call<{ orders?: Order[]; trades?: Fill[]; next: string | null }>(
        'GET',
        `${base}limit=${kPage}${from}`,
      );
      take_older(page.orders ?? [], page.trades ?? []);
      set_next(page.next);
    } catch (error) {
      const words = error instanceof VenueError ? reason_words(error.code) : '';
      toast('bad', 'Older entries cannot be read', words);
    }
    set_busy(false);
  };
  return { more: next !== null, busy, read };
}

function More({ kind, count }: { kind: 'history' | 'fills'; count: number }) {
  const older = useOlder(kind);
  if (!older.more || count < kPage) return null;
  return (
    <div className="flex justify-center p-2">
      <Button look="quiet" busy={older.busy} onClick={() => void older.read()}>
        Show older
      </Button>
    </div>
  );
}

function SignedOut() {
  return (
    <Empty title="Sign in to see your orders and balances">
      <Button look="accent" onClick={() => open_dialog({ kind: 'sign_in' })}>
        Sign in or sign up
      </Button>
    </Empty>
  );
}

function NoMoney() {
  return (
    <Empty title="No balances yet">
      Claim free test money in your{' '}
      <Link to="/portfolio" className="text-accent underline">
        portfolio
      </Link>
      .
    </Empty>
  );
}

function Content({ tab, only }: { tab: TabId; only: string | null }) {
  const state = useStore(account);
  const fits = (market: string) => only === null || market === only;
  const open = state.orders.filter((order) => is_open(order.status) && fits(order.market));
  const closed = state.orders.filter((order) => !is_open(order.status) && fits(order.market));
  const fills = state.fills.filter((fill) => fits(fill.market));
  const waiting = <Skeleton className="m-3 h-20" />;
  const past = state.history_ready ? null : waiting;
  if (!state.ready) return waiting;
  if (tab === 'open') {
    return open.length > 0 ? <OpenOrdersTable orders={open} /> : <Empty title="No open orders" />;
  }
  if (tab === 'history') {
    if (closed.length === 0) return past ?? <Empty title="No orders have ended yet" />;
    return (
      <>
        <HistoryTable orders={closed} />
        <More kind="history" count={closed.length} />
      </>
    );
  }
  if (tab === 'fills') {
    if (fills.length === 0) return past ?? <Empty title="No fills yet" />;
    return (
      <>
        <FillsTable fills={fills} />
        <More kind="fills" count={fills.length} />
      </>
    );
  }
  const held = held_first(state.balances);
  return held.length > 0 ? <BalancesTable balances={held} /> : <NoMoney />;
}

function CancelAll({ count }: { count: number }) {
  if (count === 0) return null;
  const ask = () =>
    open_dialog({
      kind: 'confirm',
      title: 'Cancel all open orders?',
      detail: `${count === 1 ? 'One order' : `${count} orders`} in all markets.`,
      action: 'Cancel all',
      act: () => void cancel_all(null),
    });
  return (
    <Button look="quiet" className="!h-6 text-xs" onClick={ask}>
      Cancel all
    </Button>
  );
}

export function AccountPanel({ className = '' }: { className?: string }) {
  const [tab, set_tab] = useState<TabId>('open');
  const [only_this, set_only_this] = useState(false);
  const market = useMarket();
  const signed_in = useStore(auth, (state) => state.state === 'signed_in');
  const orders = useStore(account, (state) => state.orders);
  const open = useMemo(() => orders.filter((order) => is_open(order.status)).length, [orders]);
  const tabs = [
    { id: 'open', label: `Open orders${open > 0 ? ` (${open})` : ''}` },
    { id: 'history', label: 'Order history' },
    { id: 'fills', label: 'Fills' },
    { id: 'balances', label: 'Balances' },
  ] as const;
  return (
    <Panel label="Account" className={className}>
      <header className="flex items-center justify-between border-b border-line pr-2">
        <Tabs<TabId> label="Account" tabs={tabs} value={tab} on_change={set_tab} />
        {signed_in && (
          <div className="hidden items-center gap-3 text-xs text-muted md:flex">
            {tab !== 'balances' && market && (
              <Checkbox
                label={`Only ${market.market}`}
                checked={only_this}
                on_change={set_only_this}
              />
            )}
            {tab === 'open' && <CancelAll count={open} />}
          </div>
        )}
      </header>
      {signed_in && tab === 'open' && open > 0 && (
        <div className="flex justify-end border-b border-line p-1 md:hidden">
          <CancelAll count={open} />
        </div>
      )}
      <div role="tabpanel" className="scroll-fade min-h-0 flex-1">
        {signed_in ? (
          <Content tab={tab} only={only_this ? (market?.market ?? null) : null} />
        ) : (
          <SignedOut />
        )}
      </div>
    </Panel>
  );
}
