// How long to wait before the next try to connect.

/**
 * Milliseconds before try number `attempt` (1, 2, …): doubles from 250 ms to 10 s, spread over half
 * of that by `random` (0 to 1), so that pages do not all come back in the same moment.
 */
export function backoff_ms(attempt: number, random: number): number {
  const ceiling = Math.min(10_000, 250 * 2 ** Math.min(attempt - 1, 10));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
