// Codes of the venue in words for people, and times in the reader's own clock.

const kReasons: Record<string, string> = {
  CANCEL_REQUESTED: 'Cancelled by you',
  CANCEL_IMMEDIATE_REMAINDER: 'The rest found no match at once',
  CANCEL_SELF_TRADE: 'Would have traded with your own order',
  CANCEL_MASS: 'Cancelled with all orders',
  CANCEL_DISCONNECT: 'Cancelled on disconnect',
  CANCEL_KILL_SWITCH: 'Cancelled by the venue',
  CANCEL_REPLACED_TO_FILLED: 'Amended down to what was filled',
  CANCEL_BUDGET_SPENT: 'Budget spent',
  CANCEL_PROTECTION: 'Stopped by price protection',
  PERMISSION_KILL_SWITCH: 'Trading of this account is stopped',
  UNKNOWN_ORDER: 'The order is no longer open',
  ORDER_PRICE_INVALID: 'The price is not valid in this market',
  ORDER_QUANTITY_INVALID: 'The quantity is not valid in this market',
  ORDER_NOTIONAL_INVALID: 'The order is worth too little or too much',
  ORDER_BUDGET_INVALID: 'The amount is not valid',
  ORDER_DUPLICATE_CLIENT_ID: 'This order was already sent',
  MARKET_NOT_OPEN: 'The market is not open',
  MARKET_NO_LIQUIDITY: 'Nobody is on the other side right now',
  RISK_INSUFFICIENT_BALANCE: 'Not enough available balance',
  RISK_PRICE_BAND: 'The price is too far from the last trade',
  RISK_OPEN_ORDERS: 'Too many open orders',
  OUTCOME_UNKNOWN: 'The outcome is not known yet',
  UNAVAILABLE: 'The venue is not reachable right now',
  RATE_LIMITED: 'Too many requests; wait a moment',
  UNAUTHENTICATED: 'Please sign in again',
};

/** A reason code as a sentence without its full stop; unknown codes are made readable. */
export function reason_words(code: string | null | undefined): string {
  if (!code) return '';
  const known = kReasons[code];
  if (known) return known;
  const plain = code.toLowerCase().replaceAll('_', ' ');
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

const kStatusWords: Record<string, string> = {
  open: 'Open',
  partially_filled: 'Partly filled',
  filled: 'Filled',
  cancelled: 'Cancelled',
  rejected: 'Rejected',
};

export function status_words(status: string): string {
  return kStatusWords[status] ?? status;
}

const two = (n: number) => String(n).padStart(2, '0');

/** "14:05:09", the reader's time zone. */
export function clock(time_ms: number): string {
  const date = new Date(time_ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** "2026-11-22", the reader's time zone. */
export function day(time_ms: number): string {
  const date = new Date(time_ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** "11-22 14:05:09". */
export function day_clock(time_ms: number): string {
  return `${day(time_ms).slice(5)} ${clock(time_ms)}`;
}

/** "3 h 12 min", "45 s": how long something takes. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** A browser's name out of its user agent, for the list of sessions. */
export function browser_words(agent: string): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrome\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : agent.slice(0, 40) || 'Unknown client';
  const system = /Android/.test(agent)
    ? 'Android'
    : /iPhone|iPad/.test(agent)
      ? 'iOS'
      : /Windows/.test(agent)
        ? 'Windows'
        : /Mac OS/.test(agent)
          ? 'macOS'
          : /Linux/.test(agent)
            ? 'Linux'
            : '';
  return system ? `${browser} on ${system}` : browser;
}
