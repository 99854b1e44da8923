// The bar on top: market, its day in figures, the way around, who is signed in.

import { useEffect, useRef, useState } from 'react';
import type { Market } from '../api/types';
import { display, group_thousands, percent_of_fraction } from '../lib/decimal';
import { auth, sign_out } from '../state/auth';
import { open_dialog } from '../state/dialogs';
import { tickers, trades } from '../state/feed';
import { useMarket } from '../state/market';
import { preferences, toggle_theme } from '../state/preferences';
import { place, trade_path } from '../state/router';
import { useStore } from '../state/store';
import { cx } from './classes';
import { Icon, Logo } from './icons';
import { Link } from './link';
import { LinkPill } from './link_status';
import { Button, IconButton } from './parts';

export function Change({ fraction }: { fraction: string | null | undefined }) {
  if (fraction == null) return <span className="text-faint">–</span>;
  const percent = percent_of_fraction(fraction);
  const down = percent.startsWith('-');
  const zero = /^-?0\.00$/.test(percent);
  const colour = zero ? 'text-muted' : down ? 'text-sell' : 'text-buy';
  return (
    <span className={colour}>
      {down || zero ? '' : '+'}
      {percent}%
    </span>
  );
}

function Figure({ name, value, from }: { name: string; value: string; from: string }) {
  return (
    <div className={`hidden flex-col ${from}`}>
      <span className="text-2xs leading-3.5 text-faint">{name}</span>
      <span className="text-xs leading-4">{value}</span>
    </div>
  );
}

function Day({ market }: { market: Market }) {
  const ticker = useStore(tickers, (all) => all[market.market]);
  const newest = useStore(trades, (list) => list?.[0]);
  const scale = market.price_decimals;
  const last = newest?.price ?? ticker?.last ?? null;
  useEffect(() => {
    const price = last === null ? '' : `${display(last, scale)} · `;
    document.title = `${price}${market.market} · Saker`;
  }, [last, scale, market]);
  return (
    <div className="flex min-w-0 items-center gap-5">
      <div className="flex flex-col md:w-24">
        <span data-testid="last" className="text-sm leading-4.5 font-semibold">
          {display(last, scale)}
        </span>
        <span className="text-2xs leading-3.5">
          <Change fraction={ticker?.change_24h} />
        </span>
      </div>
      <Figure name="24 h high" value={display(ticker?.high_24h, scale)} from="lg:flex" />
      <Figure name="24 h low" value={display(ticker?.low_24h, scale)} from="lg:flex" />
      <Figure
        name={`24 h volume ${market.base}`}
        value={ticker?.volume_24h ? group_thousands(ticker.volume_24h) : '–'}
        from="xl:flex"
      />
      <Figure
        name={`24 h turnover ${market.quote}`}
        value={display(ticker?.quote_volume_24h, market.quote_decimals)}
        from="xl:flex"
      />
    </div>
  );
}

function MarketButton({ market }: { market: Market }) {
  return (
    <button
      type="button"
      aria-haspopup="dialog"
      title="Choose a market (/)"
      onClick={() => open_dialog({ kind: 'markets' })}
      className={cx(
        'flex h-8 items-center gap-1.5 rounded px-2 text-sm font-semibold',
        'whitespace-nowrap hover:bg-hover',
      )}
    >
      {market.market}
      <span className="text-muted">
        <Icon name="chevron" size={14} />
      </span>
    </button>
  );
}

function Menu() {
  const [open, set_open] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  const user = useStore(auth, (state) => state.user);
  const here = useStore(place);
  // biome-ignore lint/correctness/useExhaustiveDependencies: going somewhere closes the menu.
  useEffect(() => set_open(false), [here]);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      const outside = !element.current?.contains(event.target as Node);
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : outside) set_open(false);
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, [open]);
  const item = 'flex h-8 w-full items-center rounded px-2 text-left hover:bg-hover';
  return (
    <div ref={element} className="relative">
      <IconButton
        icon="user"
        label="Your account"
        aria-controls="account-menu"
        aria-expanded={open}
        onClick={() => set_open(!open)}
      />
      {open && (
        <div
          id="account-menu"
          className={cx(
            'absolute top-9 right-0 z-40 w-56 animate-rise rounded-lg border',
            'border-line-strong bg-panel p-1 shadow-xl',
          )}
        >
          <p className="truncate px-2 pt-1.5 pb-2 text-xs text-muted">{user?.email}</p>
          <Link to="/portfolio" className={item}>
            Portfolio
          </Link>
          <Link to="/account" className={item}>
            Profile and sessions
          </Link>
          <button type="button" className={item} onClick={() => void sign_out()}>
            Sign out
          </button>
        </div>
      )}
    </div>
  );
}

function Account() {
  const state = useStore(auth, (value) => value.state);
  if (state === 'signed_in') return <Menu />;
  return (
    <Button
      look="accent"
      className="!h-7"
      disabled={state === 'restoring'}
      onClick={() => open_dialog({ kind: 'sign_in' })}
    >
      Sign in
    </Button>
  );
}

function Pages({ market }: { market: Market | null }) {
  const { page } = useStore(place);
  const look = 'rounded px-2 py-1 font-medium text-muted hover:text-text aria-[current]:text-text';
  const trade = market ? trade_path(market.market) : '/';
  return (
    <nav aria-label="Pages" className="hidden items-center md:flex">
      <Link to={trade} current={page === 'trade'} className={look}>
        Trade
      </Link>
      <Link to="/portfolio" current={page === 'portfolio'} className={look}>
        Portfolio
      </Link>
    </nav>
  );
}

export function Header() {
  const market = useMarket();
  const theme = useStore(preferences, (state) => state.theme);
  const trading = useStore(place, (state) => state.page === 'trade');
  const next = theme === 'dark' ? 'light' : 'dark';
  return (
    <header className="flex h-12 shrink-0 items-center justify-between gap-2 bg-panel px-2 md:px-3">
      <div className="flex min-w-0 items-center gap-1 md:gap-3">
        <Link to="/" className="flex items-center gap-2 rounded text-sm font-semibold">
          <Logo />
          <h1 className="sr-only tracking-tight xl:not-sr-only">Saker</h1>
        </Link>
        <Pages market={market} />
        {trading && market && (
          <>
            <span className="hidden h-5 border-l border-line-strong md:block" />
            <MarketButton market={market} />
            <Day key={market.market} market={market} />
          </>
        )}
      </div>
      <div className="flex items-center md:gap-1">
        <div className="mr-2">
          <LinkPill />
        </div>
        <span className="hidden md:flex">
          <IconButton
            icon={theme === 'dark' ? 'sun' : 'moon'}
            label={`Switch to ${next} colours`}
            onClick={toggle_theme}
          />
          <IconButton
            icon="help"
            label="Keyboard shortcuts (?)"
            onClick={() => open_dialog({ kind: 'help' })}
          />
        </span>
        <IconButton
          icon="settings"
          label="Settings"
          onClick={() => open_dialog({ kind: 'settings' })}
        />
        <Account />
      </div>
    </header>
  );
}
