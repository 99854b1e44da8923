// Calls to the gateway from the page: JSON both ways, typed errors, a token that renews itself.

import type { ApiErrorBody } from './types';

export class VenueError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 0,
  ) {
    super(message);
  }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export async function error_of(response: Response): Promise<VenueError> {
  const body = (await response.json().catch(() => null)) as { error?: ApiErrorBody } | null;
  const code = body?.error?.code ?? (response.status >= 500 ? 'UNAVAILABLE' : 'INVALID_REQUEST');
  const message = body?.error?.message ?? 'The venue did not answer as expected.';
  return new VenueError(code, message, response.status);
}

/**
 * One call; throws VenueError, also when nothing answers. With `outlives_page` the browser takes
 * the answer, its cookies included, even when the page is gone by then.
 */
export async function send(
  method: Method,
  path: string,
  body?: unknown,
  token?: string | null,
  outlives_page = false,
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (token) headers.Authorization = `Bearer ${token}`;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      cache: 'no-store',
      keepalive: outlives_page,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new VenueError('UNAVAILABLE', 'The venue cannot be reached. Check your connection.');
  }
  if (!response.ok) throw await error_of(response);
  return response;
}
