// What the strategies that take liquidity have in common: how much they can, and how.
#pragma once

#include <optional>

#include "bots/market_view.hpp"

namespace saker::bots {

/// Least quantity at this price that the market allows, lots.
std::int64_t least_lots(const MarketLimits& limits, std::int64_t price_ticks);

/// Most of `wish` lots that the market's limits and the balance allow, 0 when that is too little.
/// Fees and a little more are left over.
std::int64_t possible_lots(const MarketView& view, Side side, std::int64_t price_ticks,
                           std::int64_t wish);

/// Takes up to `wish` lots at most `reach_ticks` beyond the touch, at once or not at all; first the
/// cancel of an own order that stands in the way, since one's own orders do not trade with each
/// other. Nothing when that side is empty or no quantity is possible.
std::optional<Action> take(const MarketView& view, Side side, std::int64_t reach_ticks,
                           std::int64_t wish, bool market = false);

/// Millionths of a price in ticks.
std::int64_t share_of(std::int64_t ticks, std::int64_t ppm);

/// Between the best prices, 0 while a side is empty.
double middle_of(const MarketView& view);

/// Inventory as part of what is allowed: 1 full, -1 as far short.
double lean_of(const MarketView& view, std::int64_t most_inventory_lots);

}  // namespace saker::bots
