// One market's book, order by order, as the public feed tells it.
//
// Levels of a side are a sorted array with the best price at the back, because almost all changes
// happen near the touch; the orders of a level are a linked list in priority order. Orders live
// in a pool that is reserved at start.
#pragma once

#include <cstdint>
#include <vector>

#include "client/flat_index.hpp"
#include "feed_generated.h"
#include "query_generated.h"

namespace saker::client {

/// Orders at one price of one side.
struct BookLevel {
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  std::uint32_t orders = 0;
  std::uint32_t first = FlatIndex::kNone;  // oldest order: the next one to trade
  std::uint32_t last = FlatIndex::kNone;
};

/// One visible order (or slice of one). The id is the feed's, not the engine's order id.
struct BookEntry {
  std::uint64_t feed_order_id = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  proto::Side side = proto::Side::Buy;
  std::uint32_t previous = FlatIndex::kNone;
  std::uint32_t next = FlatIndex::kNone;
};

class OrderBook {
 public:
  /// Room for `expected_orders` without allocating later.
  explicit OrderBook(std::size_t expected_orders = 4096);

  void clear();

  /// Applies one order message of this market's feed; other kinds change nothing. False when the
  /// message contradicts the book (unknown id, wrong leaves): the book can then not be trusted.
  bool apply(const proto::FeedMessage& message);

  /// Adds one order of a snapshot, which lists each side in priority order.
  bool add(const proto::BookOrder& order) {
    return add(order.feed_order_id(), order.side(), order.price_ticks(), order.quantity_lots());
  }
  bool add(std::uint64_t feed_order_id, proto::Side side, std::int64_t price_ticks,
           std::int64_t quantity_lots);

  /// Number of price levels of a side.
  std::size_t depth(proto::Side side) const { return levels(side).size(); }
  /// The side's `index`-th best level, 0 being the touch; nullptr when there are fewer.
  const BookLevel* level(proto::Side side, std::size_t index) const {
    const auto& all = levels(side);
    return index < all.size() ? &all[all.size() - 1 - index] : nullptr;
  }
  /// Best price in ticks, 0 when the side is empty.
  std::int64_t best_price_ticks(proto::Side side) const {
    return levels(side).empty() ? 0 : levels(side).back().price_ticks;
  }
  std::int64_t best_bid_ticks() const { return best_price_ticks(proto::Side::Buy); }
  std::int64_t best_ask_ticks() const { return best_price_ticks(proto::Side::Sell); }
  /// Both sides have orders and they cross, which a committed book never does.
  bool crossed() const {
    return depth(proto::Side::Buy) > 0 && depth(proto::Side::Sell) > 0 &&
           best_bid_ticks() >= best_ask_ticks();
  }

  std::size_t order_count() const { return index_.size(); }
  /// The order, or nullptr.
  const BookEntry* find(std::uint64_t feed_order_id) const {
    const std::uint32_t slot = index_.find(feed_order_id);
    return slot == FlatIndex::kNone ? nullptr : &pool_[slot];
  }
  /// Calls fn(const BookEntry&) for a level's orders, the next to trade first.
  template <class Fn>
  void for_each_order(const BookLevel& level, Fn&& fn) const {
    for (std::uint32_t i = level.first; i != FlatIndex::kNone; i = pool_[i].next) fn(pool_[i]);
  }
  /// Lots in front of the order at its price; -1 when it is unknown.
  std::int64_t lots_ahead(std::uint64_t feed_order_id) const;

 private:
  using Levels = std::vector<BookLevel>;

  const Levels& levels(proto::Side side) const { return levels_[static_cast<int>(side)]; }
  Levels& levels(proto::Side side) { return levels_[static_cast<int>(side)]; }
  Levels::iterator find_level(proto::Side side, std::int64_t price_ticks);
  bool lower(std::uint64_t feed_order_id, std::int64_t by_lots, std::int64_t leaves_lots);
  bool remove(std::uint64_t feed_order_id, std::int64_t quantity_lots);
  void unlink(std::uint32_t slot, Levels::iterator level);

  std::vector<BookEntry> pool_;
  std::vector<std::uint32_t> free_;
  FlatIndex index_;
  Levels levels_[2];
};

}  // namespace saker::client
