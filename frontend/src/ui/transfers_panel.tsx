// Money that came and went.

import type { Transfer } from '../api/types';
import { day_clock, reason_words } from '../lib/words';
import type { Loadable } from '../state/loadable';
import { amount_words } from './account_tables';
import { Empty, Panel, Skeleton } from './parts';
import { type Column, Table } from './table';

const kKinds = { deposit: 'Deposit', withdrawal: 'Withdrawal', faucet: 'Faucet' } as const;
const kStates: Record<Transfer['status'], { words: string; look: string }> = {
  pending: { words: 'Pending', look: 'text-warn' },
  held: { words: 'Held', look: 'text-warn' },
  completed: { words: 'Completed', look: '' },
  paid: { words: 'Paid', look: '' },
  void: { words: 'Given back', look: 'text-muted' },
  refused: { words: 'Refused', look: 'text-sell' },
};

const kColumns: readonly Column<Transfer>[] = [
  {
    name: 'Time',
    cell: (one) => <span className="text-muted">{day_clock(one.created_at)}</span>,
  },
  { name: 'Kind', cell: (one) => kKinds[one.kind] },
  {
    name: 'Amount',
    right: true,
    cell: (one) => `${amount_words(one.amount, 18)} ${one.asset}`,
  },
  {
    name: 'State',
    right: true,
    cell: (one) => (
      <span className={kStates[one.status].look} title={reason_words(one.reason)}>
        {kStates[one.status].words}
      </span>
    ),
  },
  {
    name: 'Number',
    right: true,
    from: 'lg',
    cell: (one) => <span className="text-faint">{one.transfer_id}</span>,
  },
];

export function TransfersPanel(props: { transfers: Loadable<{ transfers: Transfer[] }> }) {
  const { value, error } = props.transfers;
  return (
    <Panel label="Transfers" className="rounded-lg border border-line">
      <h2 className="px-3 pt-3 pb-1 text-sm font-semibold">Transfers</h2>
      {value && value.transfers.length > 0 ? (
        <Table
          label="Transfers"
          columns={kColumns}
          rows={value.transfers}
          row_key={(one) => one.transfer_id}
        />
      ) : value ? (
        <Empty title="No transfers yet">The faucet gives free test money.</Empty>
      ) : error ? (
        <Empty title={error} />
      ) : (
        <Skeleton className="m-3 h-24" />
      )}
    </Panel>
  );
}
