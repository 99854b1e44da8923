// Short words about what just happened, in a corner of the page.

import { create_store } from './store';

export type ToastKind = 'good' | 'bad' | 'info';

export interface Toast {
  id: number;
  kind: ToastKind;
  title: string;
  detail: string;
}

const kShownMs: Record<ToastKind, number> = { good: 5_000, info: 5_000, bad: 9_000 };
const kMost = 4;

export const toasts = create_store<Toast[]>([]);
let next_id = 1;

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

export function toast(kind: ToastKind, title: string, detail = ''): void {
  const id = next_id++;
  toasts.set([...toasts.get(), { id, kind, title, detail }].slice(-kMost));
  setTimeout(() => dismiss(id), kShownMs[kind]);
}
