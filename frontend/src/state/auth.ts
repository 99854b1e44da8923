// Who is signed in. The access token lives in memory only and is renewed before it ends; the
// refresh token is a cookie that scripts cannot read. A mark in this browser remembers that there
// was a session, so that pages of guests ask for nothing.

import { type Method, send, VenueError } from '../api/http';
import type { SignedIn, User } from '../api/types';
import { create_store } from './store';
import { toast } from './toasts';

export interface Auth {
  state: 'restoring' | 'signed_out' | 'signed_in';
  user: User | null;
  token: string | null;
}

const kMark = 'saker.session';
/** When a refresh was sent whose answer has not come; a new page gives it so long to arrive. */
const kInFlight = 'saker.refresh';
const kInFlightMs = 2_500;
const kRenewBeforeMs = 60_000;
const kRetryMs = 5_000;

const has_mark = () => localStorage.getItem(kMark) !== null;
const other_tabs = new BroadcastChannel('saker.session');

export const auth = create_store<Auth>({
  state: has_mark() ? 'restoring' : 'signed_out',
  user: null,
  token: null,
});

let renewal: ReturnType<typeof setTimeout> | null = null;

function renew_in(ms: number): void {
  if (renewal !== null) clearTimeout(renewal);
  renewal = setTimeout(() => void refresh(), ms);
}

function become(signed_in: SignedIn): void {
  localStorage.setItem(kMark, '1');
  auth.set({ state: 'signed_in', user: signed_in.user, token: signed_in.access_token });
  renew_in(Math.max(kRetryMs, signed_in.expires_in * 1000 - kRenewBeforeMs));
}

function become_nobody(): void {
  if (renewal !== null) clearTimeout(renewal);
  renewal = null;
  localStorage.removeItem(kMark);
  auth.set({ state: 'signed_out', user: null, token: null });
}

/**
 * One refresh at a time over all tabs, and over a page that was left in the middle of one: a
 * rotating token that is shown twice ends the session.
 */
async function one_at_a_time<T>(work: () => Promise<T>): Promise<T> {
  const turn = async () => {
    const age_ms = Date.now() - Number(localStorage.getItem(kInFlight) ?? 0);
    if (age_ms >= 0 && age_ms < kInFlightMs) {
      await new Promise((resolve) => setTimeout(resolve, kInFlightMs - age_ms));
    }
    localStorage.setItem(kInFlight, String(Date.now()));
    try {
      return await work();
    } finally {
      localStorage.removeItem(kInFlight);
    }
  };
  return navigator.locks ? navigator.locks.request('saker.refresh', turn) : turn();
}

let refreshing: Promise<boolean> | null = null;

/** Gets a new access token; false when the session is over. */
export function refresh(): Promise<boolean> {
  refreshing ??= one_at_a_time(async () => {
    try {
      const response = await send('POST', '/auth/refresh', undefined, null, true);
      become((await response.json()) as SignedIn);
      return true;
    } catch (error) {
      const over = error instanceof VenueError && (error.status === 401 || error.status === 403);
      if (over) {
        const was_in = auth.get().state === 'signed_in';
        become_nobody();
        if (was_in) toast('info', 'Signed out', 'Your session has ended. Please sign in again.');
      } else {
        renew_in(kRetryMs);
      }
      return false;
    }
  }).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** Reading again does no harm: a part of the venue may just be starting or catching up. */
const kReadAgainMs = [1_000, 2_000, 4_000];

async function send_patiently(method: Method, path: string, body?: unknown): Promise<Response> {
  for (const pause_ms of method === 'GET' ? kReadAgainMs : []) {
    try {
      return await send(method, path, body, auth.get().token);
    } catch (error) {
      if (!(error instanceof VenueError) || error.code !== 'UNAVAILABLE') throw error;
      await new Promise((resolve) => setTimeout(resolve, pause_ms));
    }
  }
  return send(method, path, body, auth.get().token);
}

/** A call as the signed-in person; renews the token once when it has ended. */
export async function call_raw(method: Method, path: string, body?: unknown): Promise<Response> {
  try {
    return await send_patiently(method, path, body);
  } catch (error) {
    if (!(error instanceof VenueError) || error.status !== 401 || !(await refresh())) throw error;
    return send_patiently(method, path, body);
  }
}

export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const response = await call_raw(method, path, body);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function request_code(email: string): Promise<void> {
  await send('POST', '/auth/code', { email });
}

export async function sign_in(email: string, code: string, display_name: string): Promise<void> {
  const body = display_name ? { email, code, display_name } : { email, code };
  const response = await send('POST', '/auth/session', body);
  become((await response.json()) as SignedIn);
  other_tabs.postMessage('in');
}

export async function sign_out(): Promise<void> {
  try {
    await call('POST', '/auth/sign-out');
  } catch {
    toast('bad', 'Sign-out not confirmed', 'The venue did not answer; this page is signed out.');
  }
  become_nobody();
  other_tabs.postMessage('out');
}

export function set_user(user: User): void {
  auth.patch({ user });
}

/** At page load: goes on with the session of last time, if there was one. */
export function restore(): void {
  if (has_mark()) void refresh();
  other_tabs.onmessage = (event) => {
    if (event.data === 'out') become_nobody();
    else if (auth.get().state !== 'signed_in') void refresh();
  };
}
