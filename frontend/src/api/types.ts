// What the gateway says and takes; names as on the wire. Money, prices and quantities are decimal
// strings, times milliseconds since 1970 (UTC), ids decimal strings.

export type Side = 'buy' | 'sell';
export type OrderType = 'limit' | 'market';
export type TimeInForce = 'gtc' | 'ioc';
export type Interval = '1m' | '5m' | '15m' | '1h' | '4h' | '1d';
export const kIntervals: readonly Interval[] = ['1m', '5m', '15m', '1h', '4h', '1d'];

export interface Market {
  market: string;
  base: string;
  quote: string;
  price_decimals: number;
  quantity_decimals: number;
  quote_decimals: number;
  tick_size: string;
  lot_size: string;
  min_quantity: string;
  max_quantity: string;
  min_notional: string;
  max_notional: string | null;
  max_price: string | null;
  maker_fee: string;
  taker_fee: string;
  phase: 'open' | 'closed' | 'cancel_only' | 'halted';
}

export type PriceLevel = [price: string, quantity: string];

export interface BookPush {
  market: string;
  prev_sequence: number | null;
  sequence: number;
  snapshot?: boolean;
  bids: PriceLevel[];
  asks: PriceLevel[];
  time: number;
}

export interface Trade {
  trade_id: string;
  price: string;
  quantity: string;
  side: Side;
  time: number;
}

export interface Ticker {
  market: string;
  last: string | null;
  open_24h: string | null;
  high_24h: string | null;
  low_24h: string | null;
  volume_24h: string | null;
  quote_volume_24h: string | null;
  change_24h: string | null;
  bid: string | null;
  ask: string | null;
  time: number;
}

export interface Candle {
  open_time: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}

export type OrderStatus = 'open' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected';

export interface Order {
  order_id: string;
  client_order_id: string | null;
  market: string;
  side: Side;
  type: OrderType;
  time_in_force: TimeInForce;
  price: string | null;
  quantity: string;
  filled_quantity: string;
  remaining_quantity: string;
  average_price: string | null;
  status: OrderStatus;
  reason: string | null;
  created_at: number;
  updated_at: number;
}

export interface Fill {
  trade_id: string;
  order_id: string;
  market: string;
  side: Side;
  price: string;
  quantity: string;
  fee: string;
  fee_asset: string;
  liquidity: 'maker' | 'taker';
  time: number;
}

export interface Balance {
  asset: string;
  available: string;
  held: string;
  total: string;
  decimals: number;
}

export interface NewOrder {
  market: string;
  side: Side;
  type: OrderType;
  price?: string;
  quantity?: string;
  quote_amount?: string;
  time_in_force?: TimeInForce;
  client_order_id?: string;
}

export interface OrderReply {
  order: Order;
  fills: Fill[];
  sequence: number;
}

export interface User {
  user_id: string;
  email: string;
  display_name: string | null;
  /** null while the trading account is being opened. */
  account: string | null;
  created_at: number;
}

export interface SignedIn {
  access_token: string;
  expires_in: number;
  user: User;
}

export interface SessionInfo {
  session_id: string;
  created_at: number;
  last_used_at: number;
  user_agent: string;
  address: string;
  current: boolean;
}

export interface FaucetAsset {
  asset: string;
  amount: string;
  next_claim_at: number | null;
}

export type TransferKind = 'deposit' | 'withdrawal' | 'faucet';
export type TransferStatus = 'pending' | 'completed' | 'held' | 'paid' | 'void' | 'refused';

export interface Transfer {
  transfer_id: string;
  kind: TransferKind;
  asset: string;
  amount: string;
  status: TransferStatus;
  reason: string | null;
  created_at: number;
  updated_at: number;
}

export interface ApiErrorBody {
  code: string;
  message: string;
}
