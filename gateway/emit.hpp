// The objects of the public API as JSON: each is written at one place, for REST and WebSocket.
#pragma once

#include <span>

#include "gateway/aggregated_book.hpp"
#include "gateway/markets.hpp"
#include "gateway/minute_history.hpp"
#include "gateway/order_state.hpp"
#include "gateway/subscriber.hpp"
#include "web/json.hpp"

namespace saker::gateway {

void write_market(web::Writer& out, const Market& market, proto::MarketPhase phase);
void write_order(web::Writer& out, const Order& order, const Market& market);
void write_fill(web::Writer& out, const Fill& fill, const Market& market);
void write_trade(web::Writer& out, const Trade& trade, const Market& market);
void write_candle(web::Writer& out, const Candle& candle, const Market& market);

/// {"asset","available","held","total","decimals"}; nothing for an asset without a name.
void write_balances(web::Writer& out, std::span<const proto::Balance> balances,
                    const Markets& markets);
/// "bids":[["25.00","10"],…],"asks":[…]
void write_depth(web::Writer& out, const Depth& depth, const Market& market);

struct Ticker {
  std::int64_t last_ticks = 0;  // 0: not known, like the others
  std::int64_t bid_ticks = 0;
  std::int64_t ask_ticks = 0;
  std::optional<Candle> day;    // the last 24 hours
  std::uint64_t time_ms = 0;
};
void write_ticker(web::Writer& out, const Ticker& ticker, const Market& market);
/// Without the market's name.
void write_ticker_members(web::Writer& out, const Ticker& ticker, const Market& market);

/// A push up to its own members: {"channel":…,"data":{"market":…,"prev_sequence":…,"sequence":…
/// `market`: nullptr for private channels. A snapshot has no push before it.
web::Writer begin_push(std::string_view channel, const Market* market, bool snapshot,
                       std::uint64_t before, std::uint64_t sequence);
SharedText end_push(web::Writer& out);

const char* status_word(OrderStatus status);
const char* phase_word(proto::MarketPhase phase);

}  // namespace saker::gateway
