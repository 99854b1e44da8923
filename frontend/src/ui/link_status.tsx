// How current the page is: a pill in the header, a ribbon over data that is not.

import { useEffect, useState } from 'react';
import { duration } from '../lib/words';
import { book, link } from '../state/feed';
import { useStore } from '../state/store';
import { cx } from './classes';

/** A short break, such as another grouping, is no reason to grey the page. */
const kGraceMs = 300;

/** The time, renewed every so often while `active`. */
export function useNow(active: boolean, every_ms = 500): number {
  const [now, set_now] = useState(Date.now);
  useEffect(() => {
    if (!active) return;
    set_now(Date.now());
    const timer = setInterval(() => set_now(Date.now()), every_ms);
    return () => clearInterval(timer);
  }, [active, every_ms]);
  return now;
}

/** Whether what is shown of the market is no longer current. */
export function useStale(): boolean {
  const since = useStore(link, (state) => state.stale_since);
  const [stale, set_stale] = useState(false);
  useEffect(() => {
    if (since === null) {
      set_stale(false);
      return;
    }
    const timer = setTimeout(() => set_stale(true), kGraceMs);
    return () => clearTimeout(timer);
  }, [since]);
  return stale;
}

export function StaleRibbon() {
  const state = useStore(link);
  const stale = useStale();
  const now = useNow(stale);
  const shown = useStore(book, (view) => view !== null);
  if (!stale || state.stale_since === null || !shown) return null;
  const age = duration(Math.max(1000, now - state.stale_since));
  return (
    <div
      role="status"
      className={cx(
        'absolute inset-x-3 top-16 rounded border border-warn/40 bg-panel px-2',
        'py-1 text-center text-xs text-warn shadow-lg',
      )}
    >
      {state.state === 'resyncing' ? 'Taking a new snapshot' : `Not current for ${age}`}
    </div>
  );
}

const kWords = {
  connecting: 'Connecting',
  live: 'Live',
  resyncing: 'Resyncing',
  delayed: 'Delayed',
  offline: 'Offline',
} as const;

export function LinkPill() {
  const state = useStore(link);
  const waiting = state.retry_at !== null;
  const now = useNow(waiting, 250);
  const live = state.state === 'live';
  const colour = live ? 'bg-buy' : state.state === 'offline' ? 'bg-sell' : 'bg-warn';
  const retry = state.retry_at !== null ? Math.ceil((state.retry_at - now) / 1000) : 0;
  const detail = live
    ? state.latency_ms === null
      ? ''
      : `${Math.max(1, Math.round(state.latency_ms))} ms`
    : retry > 0
      ? `again in ${retry} s`
      : '';
  return (
    <div
      role="status"
      data-link={state.state}
      title={`${state.gaps} sequence gaps found, ${state.resyncs} times synchronised anew`}
      className="flex items-center gap-1.5 text-xs whitespace-nowrap text-muted"
    >
      <span className={`size-1.5 rounded-full ${colour}`} />
      <span className={live ? 'max-[420px]:sr-only' : 'text-text'}>{kWords[state.state]}</span>
      {detail && <span className="text-faint max-[420px]:hidden">{detail}</span>}
    </div>
  );
}
