// Deposits (test money) and withdrawals.

import { type FormEvent, useState } from 'react';
import type { Balance } from '../api/types';
import { clean_input, parse_units, trim_zeros } from '../lib/decimal';
import { account } from '../state/account';
import { call } from '../state/auth';
import { error_words } from '../state/loadable';
import { markets } from '../state/market';
import { useStore } from '../state/store';
import { toast } from '../state/toasts';
import { amount_words } from './account_tables';
import { cx } from './classes';
import { Button, Field, Panel, Tabs } from './parts';

type Kind = 'deposit' | 'withdrawal';

const kMostDecimals = 18;

const kKinds = [
  { id: 'deposit', label: 'Deposit' },
  { id: 'withdrawal', label: 'Withdraw' },
] as const;

/** Assets that are traded or owned; what was never owned has no digits known but the venue's. */
function useAssets(): Pick<Balance, 'asset' | 'available' | 'decimals'>[] {
  const owned = useStore(account, (state) => state.balances);
  const { list } = useStore(markets);
  const names = new Set([
    ...owned.map((balance) => balance.asset),
    ...list.flatMap((market) => [market.quote, market.base]),
  ]);
  const unknown = (asset: string) => ({ asset, available: '0', decimals: kMostDecimals });
  return [...names].map((asset) => owned.find((one) => one.asset === asset) ?? unknown(asset));
}

type Asset = ReturnType<typeof useAssets>[number];

function problem_of(kind: Kind, text: string, balance: Asset | undefined): string | null {
  if (!balance) return 'Choose an asset.';
  const amount = parse_units(text, balance.decimals);
  if (amount === null) return `At most ${balance.decimals} digits after the point.`;
  if (amount <= 0n) return 'Enter an amount above 0.';
  const there = parse_units(balance.available, balance.decimals) ?? 0n;
  if (kind === 'withdrawal' && amount > there)
    return `Only ${amount_words(balance.available, balance.decimals)} available.`;
  return null;
}

function AssetChoice(props: {
  assets: readonly Asset[];
  value: string;
  on_change: (asset: string) => void;
}) {
  return (
    <label
      className={cx(
        'flex h-9 items-center justify-between rounded border',
        'border-line-strong bg-raised px-2.5',
      )}
    >
      <span className="text-xs text-muted">Asset</span>
      <select
        name="asset"
        value={props.value}
        onChange={(event) => props.on_change(event.target.value)}
        className="bg-raised text-right outline-none"
      >
        {props.assets.map(({ asset }) => (
          <option key={asset}>{asset}</option>
        ))}
      </select>
    </label>
  );
}

/** Sends one deposit or withdrawal and tells what became of it. */
function useTransfer(kind: Kind, on_done: () => void) {
  const [busy, set_busy] = useState(false);
  const send = async (asset: string, amount: string, destination: string) => {
    set_busy(true);
    const body = kind === 'deposit' ? { asset, amount } : { asset, amount, destination };
    try {
      await call('POST', `/api/${kind}`, body);
      const words = kind === 'deposit' ? 'Deposit sent' : 'Withdrawal requested';
      toast('good', words, `${trim_zeros(amount)} ${asset}`);
      set_busy(false);
      return true;
    } catch (error) {
      toast('bad', kind === 'deposit' ? 'Not deposited' : 'Not withdrawn', error_words(error));
      set_busy(false);
      return false;
    } finally {
      on_done();
    }
  };
  return { busy, send };
}

export function TransferForm({ on_change }: { on_change: () => void }) {
  const [kind, set_kind] = useState<Kind>('deposit');
  const assets = useAssets();
  const [chosen, set_chosen] = useState('');
  const [amount, set_amount] = useState('');
  const [destination, set_destination] = useState('');
  const [tried, set_tried] = useState(false);
  const { busy, send } = useTransfer(kind, on_change);
  const asset = chosen || assets[0]?.asset || '';
  const balance = assets.find((one) => one.asset === asset);
  const problem = problem_of(kind, amount, balance);
  const nowhere = kind === 'withdrawal' && destination.trim() === '';
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    set_tried(true);
    if (problem !== null || nowhere) return;
    if (!(await send(asset, amount, destination.trim()))) return;
    set_amount('');
    set_tried(false);
  };
  return (
    <Panel label="Deposit and withdraw" className="rounded-lg border border-line">
      <Tabs<Kind>
        label="Direction"
        tabs={kKinds}
        value={kind}
        on_change={set_kind}
        className="border-b border-line"
      />
      <form noValidate onSubmit={submit} className="flex flex-col gap-2.5 p-3">
        <AssetChoice assets={assets} value={asset} on_change={set_chosen} />
        <Field
          label="Amount"
          unit={asset}
          name="amount"
          inputMode="decimal"
          value={amount}
          problem={tried || amount !== '' ? problem : null}
          onChange={(event) => set_amount(clean_input(event.target.value))}
        />
        {kind === 'withdrawal' && (
          <Field
            label="To"
            name="destination"
            placeholder="Account or address"
            value={destination}
            problem={tried && nowhere ? 'Say where it goes.' : null}
            onChange={(event) => set_destination(event.target.value)}
          />
        )}
        <p className="text-xs text-muted">
          {kind === 'deposit'
            ? 'Test money: it is credited at once.'
            : 'The amount is held until the payment is made or refused.'}
        </p>
        <Button type="submit" look="accent" busy={busy}>
          {kind === 'deposit' ? 'Deposit' : 'Withdraw'}
        </Button>
      </form>
    </Panel>
  );
}
