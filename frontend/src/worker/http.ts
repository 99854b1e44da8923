// Reading over HTTP from the worker: JSON in, typed errors out.

export class ReadError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

/** GET `path`; throws ReadError for every answer that is not 2xx. */
export async function read_json<T>(origin: string, path: string, token?: string): Promise<T> {
  const headers: HeadersInit = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(origin + path, { headers, cache: 'no-store' });
  if (response.ok) return (await response.json()) as T;
  const body = await response.json().catch(() => null);
  throw new ReadError(response.status, body?.error?.code ?? 'UNAVAILABLE');
}

/** "?a=1&b=2" of what is defined. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}
