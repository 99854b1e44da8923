// One WebSocket to the gateway: opens it, keeps it alive, opens it again with growing pauses,
// matches replies to requests by id.

import type { ApiErrorBody } from '../api/types';
import { backoff_ms } from '../lib/backoff';

const kPingEveryMs = 2_000;
const kSilenceMs = 5_000;
const kOpenTimeoutMs = 8_000;

export interface ConnectionEvents {
  on_open(): void;
  on_push(channel: string, data: unknown): void;
  on_closed(attempt: number, retry_at: number): void;
  on_latency(ms: number): void;
}

export type Reply = (result: unknown, error: ApiErrorBody | null) => void;

export const kLost: ApiErrorBody = {
  code: 'OUTCOME_UNKNOWN',
  message: 'The connection was lost before the answer came.',
};
const kNotConnected: ApiErrorBody = {
  code: 'UNAVAILABLE',
  message: 'Not connected to the venue; nothing was sent.',
};

export class Connection {
  private socket_: WebSocket | null = null;
  private next_id_ = 1;
  private readonly waiting_ = new Map<string, Reply>();
  private attempt_ = 0;
  private retry_: ReturnType<typeof setTimeout> | null = null;
  private heartbeat_: ReturnType<typeof setInterval> | null = null;
  private heard_at_ = 0;

  constructor(
    private readonly url_: string,
    private readonly events_: ConnectionEvents,
  ) {}

  get is_open(): boolean {
    return this.socket_?.readyState === WebSocket.OPEN;
  }

  /** Opens the socket now, also when a retry would still wait. */
  open(): void {
    if (this.retry_ !== null) clearTimeout(this.retry_);
    this.retry_ = null;
    if (this.socket_) return;
    const socket = new WebSocket(this.url_);
    this.socket_ = socket;
    const timeout = setTimeout(() => socket.close(), kOpenTimeoutMs);
    socket.onopen = () => {
      clearTimeout(timeout);
      this.attempt_ = 0;
      this.heard_at_ = Date.now();
      this.heartbeat_ = setInterval(() => this.beat(), kPingEveryMs);
      this.events_.on_open();
      this.ping();
    };
    socket.onmessage = (event) => this.on_message(event.data as string);
    socket.onclose = () => {
      clearTimeout(timeout);
      if (this.socket_ === socket) this.on_close();
    };
  }

  /** Sends a request; `reply` is called once, with an error when the connection goes before. */
  request(method: string, params: unknown, reply: Reply): void {
    const socket = this.socket_;
    if (!socket || socket.readyState !== WebSocket.OPEN) {
      reply(null, kNotConnected);
      return;
    }
    const id = String(this.next_id_++);
    this.waiting_.set(id, reply);
    socket.send(JSON.stringify({ id, method, params }));
  }

  /** The page came back to the front or the network is back: look at once. */
  wake(): void {
    if (!this.socket_) this.open();
    else if (this.is_open) this.beat();
  }

  private beat(): void {
    if (Date.now() - this.heard_at_ > kSilenceMs) this.drop();
    else this.ping();
  }

  private ping(): void {
    const sent_at = performance.now();
    this.request('ping', {}, (_, error) => {
      if (!error) this.events_.on_latency(performance.now() - sent_at);
    });
  }

  /** Gives a silent connection up without waiting for the other side to agree. */
  private drop(): void {
    const socket = this.socket_;
    if (!socket) return;
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
    this.on_close();
  }

  private on_message(text: string): void {
    this.heard_at_ = Date.now();
    const message = JSON.parse(text) as {
      id?: string | number;
      result?: unknown;
      error?: ApiErrorBody;
      channel?: string;
      data?: unknown;
    };
    if (message.channel !== undefined) {
      this.events_.on_push(message.channel, message.data);
      return;
    }
    const id = String(message.id);
    const reply = this.waiting_.get(id);
    this.waiting_.delete(id);
    reply?.(message.result, message.error ?? null);
  }

  private on_close(): void {
    this.socket_ = null;
    if (this.heartbeat_ !== null) clearInterval(this.heartbeat_);
    this.heartbeat_ = null;
    const lost = [...this.waiting_.values()];
    this.waiting_.clear();
    this.attempt_++;
    const wait = backoff_ms(this.attempt_, Math.random());
    this.retry_ = setTimeout(() => this.open(), wait);
    this.events_.on_closed(this.attempt_, Date.now() + wait);
    for (const reply of lost) reply(null, kLost);
  }
}
