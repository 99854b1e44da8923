// Every entry of the ledger, as a file for a spreadsheet.

import { type FormEvent, useState } from 'react';
import { day } from '../lib/words';
import { account } from '../state/account';
import { call_raw } from '../state/auth';
import { error_words } from '../state/loadable';
import { useStore } from '../state/store';
import { toast } from '../state/toasts';
import { cx } from './classes';
import { Icon } from './icons';
import { Button, Panel } from './parts';

const kDayMs = 86_400_000;

/** Local midnight of "2026-11-22". */
function start_of(date: string): number {
  return new Date(`${date}T00:00:00`).getTime();
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function DayField(props: { label: string; value: string; on_change: (value: string) => void }) {
  return (
    <label className="flex min-w-0 flex-1 flex-col gap-1 text-xs text-muted">
      {props.label}
      <input
        type="date"
        required
        value={props.value}
        onChange={(event) => props.on_change(event.target.value)}
        className="h-9 min-w-0 rounded border border-line-strong bg-raised px-2 text-text"
      />
    </label>
  );
}

export function StatementPanel() {
  const balances = useStore(account, (state) => state.balances);
  const [from, set_from] = useState(() => day(Date.now() - 30 * kDayMs));
  const [to, set_to] = useState(() => day(Date.now()));
  const [asset, set_asset] = useState('');
  const [busy, set_busy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    set_busy(true);
    const search = new URLSearchParams({
      from: String(start_of(from)),
      to: String(start_of(to) + kDayMs - 1),
    });
    if (asset) search.set('asset', asset);
    try {
      const response = await call_raw('GET', `/api/statement?${search}`);
      save(await response.blob(), `saker-statement-${from}-${to}.csv`);
    } catch (error) {
      toast('bad', 'No statement', error_words(error));
    }
    set_busy(false);
  };
  return (
    <Panel label="Statement" className="rounded-lg border border-line">
      <h2 className="px-3 pt-3 text-sm font-semibold">Statement</h2>
      <form onSubmit={submit} className="flex flex-col gap-2.5 p-3">
        <div className="flex gap-2">
          <DayField label="From" value={from} on_change={set_from} />
          <DayField label="To" value={to} on_change={set_to} />
        </div>
        <label
          className={cx(
            'flex h-9 items-center justify-between rounded border',
            'border-line-strong bg-raised px-2.5',
          )}
        >
          <span className="text-xs text-muted">Asset</span>
          <select
            value={asset}
            onChange={(event) => set_asset(event.target.value)}
            className="bg-raised text-right outline-none"
          >
            <option value="">All</option>
            {balances.map((balance) => (
              <option key={balance.asset}>{balance.asset}</option>
            ))}
          </select>
        </label>
        <Button type="submit" busy={busy}>
          <Icon name="download" /> Download CSV
        </Button>
      </form>
    </Panel>
  );
}
