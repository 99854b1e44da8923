// Which dialog is open; at most one.

import type { Order } from '../api/types';
import { auth } from './auth';
import { create_store } from './store';

export type Dialog =
  | { kind: 'none' }
  | { kind: 'sign_in' }
  | { kind: 'help' }
  | { kind: 'settings' }
  | { kind: 'markets' }
  | { kind: 'amend'; order: Order }
  | { kind: 'confirm'; title: string; detail: string; action: string; act: () => void };

export const dialog = create_store<Dialog>({ kind: 'none' });

export function open_dialog(next: Dialog): void {
  dialog.set(next);
}

export function close_dialog(): void {
  dialog.set({ kind: 'none' });
}

/** Runs `action` for who is signed in; everybody else is asked to sign in. */
export function signed_in_only(action: () => void): void {
  if (auth.get().state === 'signed_in') action();
  else open_dialog({ kind: 'sign_in' });
}
