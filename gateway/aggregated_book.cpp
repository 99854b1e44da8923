#include "gateway/aggregated_book.hpp"

namespace saker::gateway {
namespace {

using proto::Side;

std::int64_t grouped(std::int64_t price_ticks, std::int64_t group_ticks, Side side) {
  const std::int64_t up = side == Side::Sell ? group_ticks - 1 : 0;
  return (price_ticks + up) / group_ticks * group_ticks;
}

std::vector<Level> side_levels(const client::OrderBook& book, Side side,
                               std::int64_t group_ticks, std::size_t depth) {
  std::vector<Level> levels;
  for (std::size_t i = 0;; ++i) {
    const client::BookLevel* next = book.level(side, i);
    if (next == nullptr) return levels;
    const std::int64_t price = grouped(next->price_ticks, group_ticks, side);
    if (levels.empty() || levels.back().price_ticks != price) {
      if (levels.size() == depth) return levels;
      levels.push_back({price, 0});
    }
    levels.back().quantity_lots += next->quantity_lots;
  }
}

/// Both sides are sorted best first; `sign` makes that descending.
std::vector<Level> side_difference(const std::vector<Level>& before,
                                   const std::vector<Level>& after, std::int64_t sign) {
  std::vector<Level> changes;
  auto old = before.begin();
  for (const Level& level : after) {
    while (old != before.end() && sign * old->price_ticks > sign * level.price_ticks) {
      changes.push_back({old++->price_ticks, 0});
    }
    const bool known = old != before.end() && old->price_ticks == level.price_ticks;
    if (!known || old->quantity_lots != level.quantity_lots) changes.push_back(level);
    if (known) ++old;
  }
  for (; old != before.end(); ++old) changes.push_back({old->price_ticks, 0});
  return changes;
}

}  // namespace

Depth aggregate(const client::OrderBook& book, std::int64_t group_ticks, std::size_t depth) {
  return {side_levels(book, Side::Buy, group_ticks, depth),
          side_levels(book, Side::Sell, group_ticks, depth)};
}

Depth difference(const Depth& before, const Depth& after) {
  return {side_difference(before.bids, after.bids, 1),
          side_difference(before.asks, after.asks, -1)};
}

}  // namespace saker::gateway
