// Who the person is to the venue, and where they are signed in.

import { type FormEvent, useCallback, useEffect, useState } from 'react';
import type { SessionInfo, User } from '../api/types';
import { browser_words, day, day_clock } from '../lib/words';
import { auth, call, set_user, sign_out } from '../state/auth';
import { open_dialog } from '../state/dialogs';
import { error_words, useLoadable } from '../state/loadable';
import { useStore } from '../state/store';
import { toast } from '../state/toasts';
import { Button, Empty, Field, Panel, Skeleton } from './parts';

function Profile({ user }: { user: User }) {
  const [name, set_name] = useState(user.display_name ?? '');
  const [busy, set_busy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    set_busy(true);
    try {
      set_user(await call<User>('PATCH', '/api/me', { display_name: name.trim() }));
      toast('good', 'Saved', 'Your display name was changed.');
    } catch (error) {
      toast('bad', 'Not saved', error_words(error));
    }
    set_busy(false);
  };
  const facts = [
    ['Email', user.email],
    ['User', user.user_id],
    ['Trading account', user.account ?? 'being opened'],
    ['Member since', day(user.created_at)],
  ] as const;
  return (
    <Panel label="Profile" className="rounded-lg border border-line">
      <h2 className="px-3 pt-3 pb-1 text-sm font-semibold">Profile</h2>
      <dl className="flex flex-col gap-1.5 px-3 pb-3">
        {facts.map(([title, value]) => (
          <div key={title} className="flex justify-between gap-4">
            <dt className="text-muted">{title}</dt>
            <dd className="truncate">{value}</dd>
          </div>
        ))}
      </dl>
      <form onSubmit={submit} className="flex gap-2 border-t border-line p-3">
        <div className="flex-1">
          <Field
            label="Display name"
            name="display_name"
            maxLength={40}
            value={name}
            onChange={(event) => set_name(event.target.value)}
          />
        </div>
        <Button type="submit" busy={busy} className="!h-9">
          Save
        </Button>
      </form>
    </Panel>
  );
}

function Session({ session, on_change }: { session: SessionInfo; on_change: () => void }) {
  const [busy, set_busy] = useState(false);
  const end = async () => {
    if (session.current) {
      await sign_out();
      return;
    }
    set_busy(true);
    try {
      await call('DELETE', `/auth/sessions/${encodeURIComponent(session.session_id)}`);
      toast('good', 'Session ended', browser_words(session.user_agent));
    } catch (error) {
      toast('bad', 'Not ended', error_words(error));
    }
    set_busy(false);
    on_change();
  };
  return (
    <li className="flex items-center justify-between gap-3 border-t border-line px-3 py-2.5">
      <div className="min-w-0">
        <p className="truncate font-medium">
          {browser_words(session.user_agent)}
          {session.current && <span className="text-xs font-normal text-buy"> · this one</span>}
        </p>
        <p className="truncate text-xs text-muted">
          {session.address} · last used {day_clock(session.last_used_at)} · since{' '}
          {day(session.created_at)}
        </p>
      </div>
      <Button className="!h-7" busy={busy} onClick={() => void end()}>
        {session.current ? 'Sign out' : 'End'}
      </Button>
    </li>
  );
}

function Sessions() {
  const read = useCallback(() => call<{ sessions: SessionInfo[] }>('GET', '/auth/sessions'), []);
  const { value, error, reload } = useLoadable(read);
  return (
    <Panel label="Sessions" className="rounded-lg border border-line">
      <h2 className="p-3 text-sm font-semibold">Where you are signed in</h2>
      {value ? (
        <ul>
          {value.sessions.map((session) => (
            <Session key={session.session_id} session={session} on_change={() => void reload()} />
          ))}
        </ul>
      ) : error ? (
        <Empty title={error} />
      ) : (
        <Skeleton className="m-3 h-24" />
      )}
    </Panel>
  );
}

export function AccountPage() {
  const user = useStore(auth, (state) => state.user);
  useEffect(() => {
    document.title = 'Account · Saker';
  }, []);
  if (!user) {
    return (
      <Empty title="Sign in to see your account">
        <Button look="accent" onClick={() => open_dialog({ kind: 'sign_in' })}>
          Sign in or sign up
        </Button>
      </Empty>
    );
  }
  return (
    <div className="scroll-fade min-h-0 flex-1">
      <div className="mx-auto flex max-w-2xl flex-col gap-4 p-3 md:p-6">
        <Profile key={user.user_id} user={user} />
        <Sessions />
      </div>
    </div>
  );
}
