// A person with a fast machine: many resting orders, amended all the time, so that the book has
// about a thousand changes a second. Needs node's own WebSocket.

const kOrders = 90;
const kDeposit = '100000.00';

export class Load {
  constructor(venue, market) {
    this.venue_ = venue;
    this.market_ = market;
    this.orders_ = [];
    this.waiting_ = new Map();
    this.next_id_ = 1;
    this.amended = 0;
    this.refused = new Map();
    this.flying_ = 0;
  }

  /** Signs up, gets money and lays `kOrders` bids below the market, one on each tick. */
  async begin() {
    const token = await this.venue_.sign_up(`load-${Date.now()}@example.com`);
    await this.venue_.call('POST', '/api/deposit', { asset: 'EUR', amount: kDeposit }, token);
    this.socket_ = new WebSocket(`${this.venue_.url.replace('http', 'ws')}/ws`);
    this.socket_.onmessage = (event) => this.on_message(JSON.parse(event.data));
    await new Promise((resolve, reject) => {
      this.socket_.onopen = resolve;
      this.socket_.onerror = reject;
    });
    await this.request('auth', { token });
    const path = `/api/depth?market=${this.market_}&group=none&depth=1`;
    const depth = await this.venue_.call('GET', path);
    this.cents_ = Math.round(Number(depth.bids[0][0]) * 100) - 20;
    for (let at = 0; at < kOrders; at++) {
      const order = {
        market: this.market_,
        side: 'buy',
        type: 'limit',
        price: this.price(at),
        quantity: '10',
      };
      const reply = await this.request('place_order', order);
      if (reply.error) throw new Error(JSON.stringify(reply.error));
      this.orders_.push(reply.result.order.order_id);
    }
  }

  price(at) {
    return ((this.cents_ - at) / 100).toFixed(2);
  }

  request(method, params) {
    const id = this.next_id_++;
    return new Promise((resolve) => {
      this.waiting_.set(id, resolve);
      this.socket_.send(JSON.stringify({ id, method, params }));
    });
  }

  on_message(message) {
    const resolve = this.waiting_.get(message.id);
    this.waiting_.delete(message.id);
    resolve?.(message);
  }

  /** Amends at `per_second` until stop(). Each order keeps its price and changes its quantity. */
  run(per_second) {
    let at = 0;
    let owed = 0;
    let before = performance.now();
    this.timer_ = setInterval(() => {
      const now = performance.now();
      owed = Math.min(owed + ((now - before) * per_second) / 1000, per_second / 10);
      before = now;
      for (; owed >= 1 && this.flying_ < 400; owed--) this.amend(at++ % kOrders);
    }, 5);
  }

  async amend(at) {
    this.flying_++;
    const quantity = String(5 + Math.floor(Math.random() * 40));
    const reply = await this.request('replace_order', { order_id: this.orders_[at], quantity });
    this.flying_--;
    if (reply.error) {
      this.refused.set(reply.error.code, (this.refused.get(reply.error.code) ?? 0) + 1);
    } else {
      this.amended++;
    }
  }

  async stop() {
    clearInterval(this.timer_);
    await this.request('cancel_all', {});
    this.socket_.close();
  }
}
