// What a strategy may look at: plain values, filled from the SDK before every decision.
#pragma once

#include <cstdint>
#include <vector>

#include "feed_generated.h"

namespace saker::bots {

using proto::Side;

struct MarketLimits {
  std::int64_t min_quantity_lots = 1;
  std::int64_t max_quantity_lots = 1;
  std::int64_t max_price_ticks = 1;
  std::int64_t min_notional = 0;
  std::int64_t max_notional = 0;  // 0: none
  std::int64_t tick_value = 1;    // quote minor units of one lot at one tick
};

/// A strategy's own resting order.
struct OwnOrder {
  std::uint64_t order_id = 0;
  proto::Side side = proto::Side::Buy;
  std::int64_t price_ticks = 0;
  std::int64_t leaves_lots = 0;
  std::int64_t cumulative_lots = 0;
};

struct MarketView {
  MarketLimits limits;
  std::int64_t fair_ticks = 0;       // what the strategy thinks the thing is worth
  std::int64_t best_bid_ticks = 0;   // 0: that side is empty
  std::int64_t best_ask_ticks = 0;
  std::int64_t inventory_lots = 0;   // position minus the wished one
  std::int64_t base_free_lots = 0;   // what could be sold, own resting sells included
  std::int64_t quote_free = 0;       // quote minor units, what rests in own buys included
  std::vector<OwnOrder> own;         // decided and resting
  std::uint32_t undecided = 0;       // own commands whose decision is outstanding
};

enum class ActionKind : std::uint8_t { kNew, kReplace, kCancel };

struct Action {
  ActionKind kind = ActionKind::kNew;
  std::uint64_t order_id = 0;         // replace, cancel
  proto::Side side = proto::Side::Buy;
  proto::OrderType type = proto::OrderType::Limit;
  proto::TimeInForce time_in_force = proto::TimeInForce::GoodTillCancel;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;     // replace: the new total, fills included
};

}  // namespace saker::bots
