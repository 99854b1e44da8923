// Something that is read from the venue when a page opens.

import { useCallback, useEffect, useState } from 'react';
import { VenueError } from '../api/http';
import { reason_words } from '../lib/words';

export interface Loadable<T> {
  value: T | null;
  /** Why the last reading failed; '' when it did not. */
  error: string;
  reload: () => Promise<void>;
}

export function error_words(error: unknown): string {
  if (!(error instanceof VenueError)) return 'Something went wrong.';
  return error.message || reason_words(error.code);
}

/** Reads once, and again whenever `read` is another function. */
export function useLoadable<T>(read: () => Promise<T>): Loadable<T> {
  const [value, set_value] = useState<T | null>(null);
  const [error, set_error] = useState('');
  const reload = useCallback(async () => {
    try {
      set_value(await read());
      set_error('');
    } catch (failure) {
      set_error(error_words(failure));
    }
  }, [read]);
  useEffect(() => {
    void reload();
  }, [reload]);
  return { value, error, reload };
}
