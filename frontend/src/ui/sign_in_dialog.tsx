// Signing in and signing up are one: an address, then the code that was mailed to it.

import {
  type FormEvent,
  type InputHTMLAttributes,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import { VenueError } from '../api/http';
import { reason_words } from '../lib/words';
import { request_code, sign_in } from '../state/auth';
import { close_dialog } from '../state/dialogs';
import { toast } from '../state/toasts';
import { cx } from './classes';
import { Button, Modal } from './parts';

function words_of(error: unknown): string {
  if (!(error instanceof VenueError)) return 'Something went wrong. Please try again.';
  return error.message || reason_words(error.code);
}

function Input(
  props: InputHTMLAttributes<HTMLInputElement> & { label: string; 'data-focus'?: string },
) {
  const { label, ...rest } = props;
  return (
    <label className="flex flex-col gap-1">
      <span className="text-xs text-muted">{label}</span>
      <input
        {...rest}
        className={cx(
          'h-10 rounded border border-line-strong bg-raised px-3 outline-none',
          'focus:border-accent',
        )}
      />
    </label>
  );
}

function Step(props: {
  busy: boolean;
  error: string;
  action: string;
  on_submit: () => Promise<void>;
  children: ReactNode;
}) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void props.on_submit();
  };
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>('[data-focus]')?.focus(), []);
  return (
    <form ref={form} onSubmit={submit} className="flex flex-col gap-3">
      {props.children}
      <p role="alert" className="min-h-4.5 text-xs text-sell">
        {props.error}
      </p>
      <Button type="submit" look="accent" busy={props.busy} className="h-10">
        {props.action}
      </Button>
    </form>
  );
}

/** Runs calls one at a time and keeps the words of the last failure. */
function useCall() {
  const [busy, set_busy] = useState(false);
  const [error, set_error] = useState('');
  const run = async (work: () => Promise<void>) => {
    set_busy(true);
    set_error('');
    try {
      await work();
    } catch (failure) {
      set_error(words_of(failure));
    }
    set_busy(false);
  };
  return { busy, error, run };
}

function CodeStep({ email, back }: { email: string; back: () => void }) {
  const { busy, error, run } = useCall();
  const [code, set_code] = useState('');
  const [name, set_name] = useState('');
  const submit = () =>
    run(async () => {
      await sign_in(email, code, name.trim());
      close_dialog();
      toast('good', 'Signed in', email);
    });
  return (
    <Step busy={busy} error={error} action="Sign in" on_submit={submit}>
      <p className="text-muted">
        A code of six digits was sent to <span className="text-text">{email}</span>. It is good for
        five minutes.{' '}
        <button type="button" onClick={back} className="text-accent underline">
          Change address
        </button>
      </p>
      <Input
        label="Code"
        name="code"
        data-focus=""
        required
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="[0-9]{6}"
        maxLength={6}
        value={code}
        onChange={(event) => set_code(event.target.value.replace(/\D/g, ''))}
      />
      <Input
        label="Display name (optional, for new accounts)"
        name="display_name"
        autoComplete="nickname"
        maxLength={40}
        value={name}
        onChange={(event) => set_name(event.target.value)}
      />
    </Step>
  );
}

export function SignInDialog() {
  const { busy, error, run } = useCall();
  const [email, set_email] = useState('');
  const [sent, set_sent] = useState(false);
  const submit = () =>
    run(async () => {
      await request_code(email.trim());
      set_sent(true);
    });
  return (
    <Modal title="Sign in or sign up">
      {sent ? (
        <CodeStep email={email.trim()} back={() => set_sent(false)} />
      ) : (
        <Step busy={busy} error={error} action="Send me a code" on_submit={submit}>
          <p className="text-muted">
            No password: a code comes by mail. A new address gets a new account, and test money is
            free.
          </p>
          <Input
            label="Email address"
            name="email"
            type="email"
            data-focus=""
            required
            autoComplete="email"
            value={email}
            onChange={(event) => set_email(event.target.value)}
          />
        </Step>
      )}
    </Modal>
  );
}
