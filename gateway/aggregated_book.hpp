// A market's book as price levels: grouped, cut to a depth, and what changed between two of them.
#pragma once

#include <cstdint>
#include <vector>

#include "client/order_book.hpp"

namespace saker::gateway {

struct Level {
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  bool operator==(const Level&) const = default;
};

/// Best levels first on both sides.
struct Depth {
  std::vector<Level> bids;
  std::vector<Level> asks;
  bool operator==(const Depth&) const = default;
};

/// The book's best `depth` levels of `group_ticks` ticks each. Prices are rounded away from the
/// touch: a bid's level down, an ask's up, so that no level looks better than its orders are.
Depth aggregate(const client::OrderBook& book, std::int64_t group_ticks, std::size_t depth);

/// What turns `before` into `after`: levels with their new quantity, 0 for those that are gone. A
/// level that falls out of the depth is gone, one that comes into it is there.
Depth difference(const Depth& before, const Depth& after);

}  // namespace saker::gateway
