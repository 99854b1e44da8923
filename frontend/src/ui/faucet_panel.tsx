// Free test money, once a day for each asset.

import { useState } from 'react';
import type { FaucetAsset } from '../api/types';
import { duration } from '../lib/words';
import { call } from '../state/auth';
import { error_words, type Loadable } from '../state/loadable';
import { toast } from '../state/toasts';
import { amount_words } from './account_tables';
import { useNow } from './link_status';
import { Button, Empty, Panel, Skeleton } from './parts';

function Line({ asset, on_change }: { asset: FaucetAsset; on_change: () => void }) {
  const [busy, set_busy] = useState(false);
  const wait = asset.next_claim_at;
  const now = useNow(wait !== null, 10_000);
  const ready = wait === null || wait <= now;
  const amount = `${amount_words(asset.amount, 8)} ${asset.asset}`;
  const claim = async () => {
    set_busy(true);
    try {
      await call('POST', '/api/faucet', { asset: asset.asset });
      toast('good', `${amount} added`, 'Test money from the faucet.');
    } catch (error) {
      toast('bad', 'Not claimed', error_words(error));
    }
    set_busy(false);
    on_change();
  };
  return (
    <li className="flex h-10 items-center justify-between px-3">
      <span>{amount}</span>
      {ready ? (
        <Button
          className="!h-7"
          busy={busy}
          aria-label={`Claim ${amount}`}
          data-claim={asset.asset}
          onClick={() => void claim()}
        >
          Claim
        </Button>
      ) : (
        <span className="text-xs text-faint">again in {duration(wait - now)}</span>
      )}
    </li>
  );
}

export function FaucetPanel(props: {
  faucet: Loadable<{ assets: FaucetAsset[] }>;
  on_change: () => void;
}) {
  const { value, error } = props.faucet;
  return (
    <Panel label="Faucet" className="rounded-lg border border-line pb-1">
      <h2 className="px-3 pt-3 text-sm font-semibold">Faucet</h2>
      <p className="px-3 pb-1 text-xs text-muted">Free test money, once a day for each asset.</p>
      {value ? (
        <ul>
          {value.assets.map((asset) => (
            <Line key={asset.asset} asset={asset} on_change={props.on_change} />
          ))}
        </ul>
      ) : error ? (
        <Empty title={error} />
      ) : (
        <Skeleton className="m-3 h-36" />
      )}
    </Panel>
  );
}
