// The smaller dialogs, and which one is open.

import { type FormEvent, useState } from 'react';
import type { Order } from '../api/types';
import { clean_input, trim_zeros } from '../lib/decimal';
import { check_price, check_quantity, market_units } from '../lib/preview';
import { close_dialog, type Dialog, dialog } from '../state/dialogs';
import { markets } from '../state/market';
import { amend_order, describe } from '../state/orders';
import { preferences } from '../state/preferences';
import { kShortcuts } from '../state/shortcuts';
import { useStore } from '../state/store';
import { cx } from './classes';
import { MarketDialog } from './market_dialog';
import { Button, Checkbox, Field, Modal, Segments } from './parts';
import { SignInDialog } from './sign_in_dialog';

/** The chart library asks for this notice. */
function Credit() {
  return (
    <p className="pt-4 text-xs text-faint">
      Charts are drawn with Lightweight Charts™ by{' '}
      <a className="underline" href="https://www.tradingview.com/" rel="noreferrer">
        TradingView
      </a>
      , © TradingView, Inc.
    </p>
  );
}

function HelpDialog() {
  return (
    <Modal title="Keyboard shortcuts">
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        {kShortcuts.map(({ keys, words }) => (
          <div key={keys} className="contents">
            <dt>
              <kbd
                className={cx(
                  'rounded border border-line-strong bg-raised px-1.5 py-0.5 font-sans',
                  'text-xs',
                )}
              >
                {keys}
              </kbd>
            </dt>
            <dd className="text-muted">{words}</dd>
          </div>
        ))}
      </dl>
      <Credit />
    </Modal>
  );
}

function SettingsDialog() {
  const state = useStore(preferences);
  return (
    <Modal title="Settings">
      <div className="flex flex-col gap-4">
        <div className="flex items-center justify-between">
          Colours
          <Segments
            label="Colours"
            choices={[
              { id: 'dark', label: 'Dark' },
              { id: 'light', label: 'Light' },
            ]}
            value={state.theme}
            on_change={(theme) => preferences.patch({ theme })}
          />
        </div>
        <Checkbox
          label="Blue and orange instead of green and red"
          checked={state.colour_blind}
          on_change={(colour_blind) => preferences.patch({ colour_blind })}
        />
        <Checkbox
          label="Ask before every order"
          checked={state.confirm_orders}
          on_change={(confirm_orders) => preferences.patch({ confirm_orders })}
        />
        <Checkbox
          label="A tone when an order fills"
          checked={state.sound}
          on_change={(sound) => preferences.patch({ sound })}
        />
        <Credit />
      </div>
    </Modal>
  );
}

function ConfirmDialog({ ask }: { ask: Dialog & { kind: 'confirm' } }) {
  const act = (event: FormEvent) => {
    event.preventDefault();
    close_dialog();
    ask.act();
  };
  return (
    <Modal title={ask.title}>
      <form onSubmit={act} className="flex flex-col gap-4">
        <p>{ask.detail}</p>
        <div className="flex justify-end gap-2">
          <Button onClick={close_dialog}>Back</Button>
          <Button type="submit" look="accent" data-focus="">
            {ask.action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function AmendDialog({ order }: { order: Order }) {
  const market = useStore(markets, (state) => state.list.find((m) => m.market === order.market));
  const [price, set_price] = useState(order.price ?? '');
  const [quantity, set_quantity] = useState(order.quantity);
  const [busy, set_busy] = useState(false);
  if (!market) return null;
  const units = market_units(market);
  const problems = [check_price(units, price), check_quantity(units, quantity)] as const;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (problems[0] !== null || problems[1] !== null) return;
    set_busy(true);
    const done = await amend_order(order, price, quantity);
    set_busy(false);
    if (done) close_dialog();
  };
  return (
    <Modal title="Amend order">
      <form noValidate onSubmit={submit} className="flex flex-col gap-3">
        <p className="text-muted">
          {describe(order)}, {trim_zeros(order.filled_quantity)} of it filled. A higher quantity or
          another price goes to the back of the queue.
        </p>
        <Field
          label="Price"
          unit={market.quote}
          name="amend_price"
          inputMode="decimal"
          value={price}
          problem={problems[0]}
          onChange={(event) => set_price(clean_input(event.target.value))}
        />
        <Field
          label="Quantity in all"
          unit={market.base}
          name="amend_quantity"
          inputMode="decimal"
          value={quantity}
          problem={problems[1]}
          onChange={(event) => set_quantity(clean_input(event.target.value))}
        />
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={close_dialog}>Back</Button>
          <Button type="submit" look="accent" busy={busy}>
            Amend
          </Button>
        </div>
      </form>
    </Modal>
  );
}

export function Dialogs() {
  const open = useStore(dialog);
  if (open.kind === 'sign_in') return <SignInDialog />;
  if (open.kind === 'help') return <HelpDialog />;
  if (open.kind === 'settings') return <SettingsDialog />;
  if (open.kind === 'markets') return <MarketDialog />;
  if (open.kind === 'amend') return <AmendDialog order={open.order} />;
  if (open.kind === 'confirm') return <ConfirmDialog ask={open} />;
  return null;
}
