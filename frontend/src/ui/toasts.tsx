// What just happened, in the corner.

import { place } from '../state/router';
import { useStore } from '../state/store';
import { dismiss, type ToastKind, toasts } from '../state/toasts';
import { cx } from './classes';
import { IconButton } from './parts';

const kEdge: Record<ToastKind, string> = {
  good: 'border-l-buy',
  bad: 'border-l-sell',
  info: 'border-l-accent',
};

export function Toasts() {
  const list = useStore(toasts);
  // Where it covers least: over old candles while trading.
  const trading = useStore(place, (state) => state.page === 'trade');
  const where = trading
    ? 'md:top-28 md:bottom-auto md:left-3'
    : 'md:right-3 md:bottom-3 md:left-auto';
  return (
    <section
      aria-label="Notifications"
      aria-live="polite"
      className={cx(
        'pointer-events-none fixed inset-x-3 bottom-16 z-50 flex flex-col gap-2',
        'md:inset-x-auto md:w-80',
        where,
      )}
    >
      {list.map((toast) => (
        <div
          key={toast.id}
          data-toast={toast.kind}
          className={cx(
            'pointer-events-auto flex animate-rise items-start justify-between',
            'rounded border border-l-4 border-line-strong bg-raised py-1.5 pr-1',
            'pl-3 shadow-xl',
            kEdge[toast.kind],
          )}
        >
          <div className="py-0.5">
            <p className="font-medium">{toast.title}</p>
            {toast.detail && <p className="text-xs text-muted">{toast.detail}</p>}
          </div>
          <IconButton
            icon="close"
            label="Dismiss"
            className="!size-6"
            onClick={() => dismiss(toast.id)}
          />
        </div>
      ))}
    </section>
  );
}
