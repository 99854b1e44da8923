// The pieces that everything on the page is made of.

import {
  type ButtonHTMLAttributes,
  type InputHTMLAttributes,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
} from 'react';
import { close_dialog } from '../state/dialogs';
import { cx } from './classes';
import { Icon, type IconName } from './icons';

const kButtonLook = {
  plain: 'border border-line-strong text-text hover:bg-hover',
  accent: 'bg-accent text-accent-ink hover:brightness-110',
  buy: 'bg-buy-fill text-on-fill hover:brightness-110',
  sell: 'bg-sell-fill text-on-fill hover:brightness-110',
  quiet: 'text-muted hover:text-text hover:bg-hover',
} as const;

export function Button({
  look = 'plain',
  busy = false,
  className = '',
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { look?: keyof typeof kButtonLook; busy?: boolean }) {
  return (
    <button
      type="button"
      aria-busy={busy}
      {...rest}
      disabled={rest.disabled || busy}
      className={cx(
        'inline-flex h-8 items-center justify-center gap-1.5 rounded px-3',
        'font-medium whitespace-nowrap transition-[background-color,filter]',
        'disabled:opacity-50',
        kButtonLook[look],
        className,
      )}
    >
      {children}
    </button>
  );
}

export function IconButton({
  icon,
  label,
  className = '',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { icon: IconName; label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      {...rest}
      className={cx(
        'inline-flex size-8 items-center justify-center rounded text-muted',
        'hover:bg-hover hover:text-text',
        className,
      )}
    >
      <Icon name={icon} />
    </button>
  );
}

export interface Tab<T extends string> {
  id: T;
  label: ReactNode;
}

/** A row of tabs; arrow keys move between them. */
export function Tabs<T extends string>({
  tabs,
  value,
  on_change,
  label,
  className = '',
}: {
  tabs: readonly Tab<T>[];
  value: T;
  on_change: (id: T) => void;
  label: string;
  className?: string;
}) {
  const list = useRef<HTMLDivElement>(null);
  const on_key = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const at = tabs.findIndex((tab) => tab.id === value);
    const next = (at + step + tabs.length) % tabs.length;
    on_change((tabs[next] as Tab<T>).id);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <div
      ref={list}
      role="tablist"
      aria-label={label}
      onKeyDown={on_key}
      className={cx(
        'flex h-9 shrink-0 items-stretch gap-4 overflow-x-auto px-3',
        '[scrollbar-width:none]',
        className,
      )}
    >
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          aria-selected={tab.id === value}
          tabIndex={tab.id === value ? 0 : -1}
          onClick={() => on_change(tab.id)}
          className={cx(
            '-mb-px border-b-2 border-transparent font-medium whitespace-nowrap',
            'text-muted -outline-offset-2 hover:text-text',
            'aria-selected:border-accent aria-selected:text-text',
          )}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}

/** A few choices of which one is taken, side by side. */
export function Segments<T extends string>({
  choices,
  value,
  on_change,
  label,
}: {
  choices: readonly Tab<T>[];
  value: T;
  on_change: (id: T) => void;
  label: string;
}) {
  return (
    <fieldset aria-label={label} className="flex gap-0.5">
      {choices.map((choice) => (
        <button
          key={choice.id}
          type="button"
          aria-pressed={choice.id === value}
          onClick={() => on_change(choice.id)}
          className={cx(
            'h-6 rounded px-1.5 text-xs font-medium text-muted hover:bg-hover',
            'hover:text-text aria-pressed:bg-raised aria-pressed:text-text',
          )}
        >
          {choice.label}
        </button>
      ))}
    </fieldset>
  );
}

export function Field({
  label,
  unit,
  problem,
  extra,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & {
  label: string;
  unit?: string;
  problem?: string | null;
  extra?: ReactNode;
}) {
  const id = useId();
  return (
    <div>
      <div
        className={cx(
          'flex h-9 items-center rounded border bg-raised',
          'focus-within:border-accent',
          problem ? 'border-sell' : 'border-line-strong',
        )}
      >
        <label htmlFor={id} className="pl-2.5 text-xs whitespace-nowrap text-muted">
          {label}
        </label>
        <input
          id={id}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={Boolean(problem)}
          aria-describedby={problem ? `${id}-problem` : undefined}
          {...rest}
          className={cx(
            'h-full min-w-0 flex-1 bg-transparent px-2 text-right text-[13px]',
            'outline-none placeholder:text-faint',
          )}
        />
        {extra}
        {unit && <span className="w-10 pr-2.5 text-right text-xs text-muted">{unit}</span>}
      </div>
      {problem && (
        <p id={`${id}-problem`} className="pt-1 text-xs text-sell">
          {problem}
        </p>
      )}
    </div>
  );
}

export function Checkbox({
  label,
  checked,
  on_change,
}: {
  label: ReactNode;
  checked: boolean;
  on_change: (checked: boolean) => void;
}) {
  return (
    <label className="flex cursor-pointer items-center gap-2">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => on_change(event.target.checked)}
        className="size-4 accent-accent"
      />
      {label}
    </label>
  );
}

/** What a list says when it has nothing to show. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div
      className={cx(
        'flex h-full min-h-24 flex-col items-center justify-center gap-2 p-4',
        'text-center',
      )}
    >
      <p className="font-medium text-muted">{title}</p>
      {children && <div className="max-w-80 text-xs text-faint">{children}</div>}
    </div>
  );
}

export function Skeleton({ className = '' }: { className?: string }) {
  return <div aria-hidden="true" className={`animate-pulse rounded bg-raised ${className}`} />;
}

/** A modal dialog of the browser's own kind: it keeps the focus and closes on Escape. */
export function Modal({
  title,
  children,
  width = 'w-96',
}: {
  title: string;
  children: ReactNode;
  width?: string;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = element.current;
    if (!shown) return;
    if (!shown.open) shown.showModal();
    // What the dialog is for, rather than its first button.
    shown.querySelector<HTMLElement>('[data-focus]')?.focus();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes; the click is on the backdrop.
    <dialog
      ref={element}
      aria-labelledby={id}
      onClose={close_dialog}
      onClick={(event) => event.target === element.current && close_dialog()}
      className={cx(
        'm-auto max-h-[calc(100dvh-2rem)] max-w-[calc(100vw-2rem)] animate-rise',
        'rounded-lg border border-line-strong bg-panel text-text shadow-2xl',
        width,
      )}
    >
      <header className="flex h-12 items-center justify-between border-b border-line pr-2 pl-4">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        <IconButton icon="close" label="Close" onClick={close_dialog} />
      </header>
      <div className="p-4">{children}</div>
    </dialog>
  );
}

/** A panel of the trading page. */
export function Panel({
  label,
  children,
  className = '',
}: {
  label: string;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section
      aria-label={label}
      className={`flex min-h-0 min-w-0 flex-col bg-panel [contain:layout_paint] ${className}`}
    >
      {children}
    </section>
  );
}
