// What the account owns, and how money comes and goes.

import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Balance, FaucetAsset, Transfer } from '../api/types';
import { display, format_units } from '../lib/decimal';
import { portfolio_value, value_in } from '../lib/valuation';
import { account } from '../state/account';
import { auth, call } from '../state/auth';
import { open_dialog } from '../state/dialogs';
import { tickers } from '../state/feed';
import { useLoadable } from '../state/loadable';
import { markets } from '../state/market';
import { useStore } from '../state/store';
import { held_first } from './account_panel';
import { BalancesTable } from './account_tables';
import { cx } from './classes';
import { FaucetPanel } from './faucet_panel';
import { Button, Empty, Panel, Skeleton } from './parts';
import { StatementPanel } from './statement_panel';
import type { Column } from './table';
import { TransferForm } from './transfer_form';
import { TransfersPanel } from './transfers_panel';

const kQuote = 'EUR';
const kQuoteDecimals = 2;

function Worth() {
  const balances = useStore(account, (state) => state.balances);
  const { list } = useStore(markets);
  const prices = useStore(tickers);
  const value = portfolio_value(kQuote, kQuoteDecimals, balances, list, prices);
  return (
    <div className="px-1">
      <p className="text-xs text-muted">Portfolio value at last prices</p>
      <p data-testid="worth" className="text-2xl leading-8 font-semibold">
        {display(value, kQuoteDecimals)} <span className="text-base text-muted">{kQuote}</span>
      </p>
    </div>
  );
}

function Balances() {
  const { balances, ready } = useStore(account);
  const { list } = useStore(markets);
  const prices = useStore(tickers);
  const worth: Column<Balance> = {
    name: `Value ${kQuote}`,
    right: true,
    from: 'md',
    cell: (balance) => {
      const value = value_in(kQuote, kQuoteDecimals, balance, list, prices);
      return value === null ? '–' : display(format_units(value, kQuoteDecimals), kQuoteDecimals);
    },
  };
  const sorted = useMemo(() => held_first(balances), [balances]);
  return (
    <Panel label="Balances" className="rounded-lg border border-line">
      <h2 className="px-3 pt-3 pb-1 text-sm font-semibold">Balances</h2>
      {ready ? (
        <BalancesTable balances={sorted} more={[worth]} />
      ) : (
        <Skeleton className="m-3 h-40" />
      )}
    </Panel>
  );
}

function SignedIn() {
  const read_faucet = useCallback(() => call<{ assets: FaucetAsset[] }>('GET', '/api/faucet'), []);
  const read_transfers = useCallback(
    () => call<{ transfers: Transfer[]; next: string | null }>('GET', '/api/transfers?limit=50'),
    [],
  );
  const faucet = useLoadable(read_faucet);
  const transfers = useLoadable(read_transfers);
  const reload_transfers = transfers.reload;
  const reload_faucet = faucet.reload;
  const changed = useCallback(() => {
    void reload_transfers();
    void reload_faucet();
  }, [reload_transfers, reload_faucet]);
  const waiting = transfers.value?.transfers.some(
    (one) => one.status === 'pending' || one.status === 'held',
  );
  useEffect(() => {
    if (!waiting) return;
    const timer = setInterval(() => void reload_transfers(), 2_000);
    return () => clearInterval(timer);
  }, [waiting, reload_transfers]);
  return (
    <div className="scroll-fade min-h-0 flex-1">
      <div
        className={cx(
          'mx-auto grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-4 p-3 md:p-6',
          'lg:grid-cols-[minmax(0,1fr)_22rem]',
        )}
      >
        <div className="flex min-w-0 flex-col gap-4">
          <Worth />
          <Balances />
          <TransfersPanel transfers={transfers} />
        </div>
        <div className="flex flex-col gap-4">
          <FaucetPanel faucet={faucet} on_change={changed} />
          <TransferForm on_change={changed} />
          <StatementPanel />
        </div>
      </div>
    </div>
  );
}

export function PortfolioPage() {
  const signed_in = useStore(auth, (state) => state.state === 'signed_in');
  const [asked, set_asked] = useState(false);
  useEffect(() => {
    if (signed_in || asked) return;
    set_asked(true);
    open_dialog({ kind: 'sign_in' });
  }, [signed_in, asked]);
  useEffect(() => {
    document.title = 'Portfolio · Saker';
  }, []);
  if (signed_in) return <SignedIn />;
  return (
    <Empty title="Sign in to see your portfolio">
      <Button look="accent" onClick={() => open_dialog({ kind: 'sign_in' })}>
        Sign in or sign up
      </Button>
    </Empty>
  );
}
