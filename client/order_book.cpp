#include "client/order_book.hpp"

#include <algorithm>

namespace saker::client {

using proto::FeedKind;
using proto::Side;

OrderBook::OrderBook(std::size_t expected_orders) : index_(expected_orders) {
  pool_.reserve(expected_orders);
  free_.reserve(expected_orders);
  for (Levels& side : levels_) side.reserve(1024);
}

void OrderBook::clear() {
  pool_.clear();
  free_.clear();
  index_.clear();
  for (Levels& side : levels_) side.clear();
}

// First level that is not worse than `price_ticks`, worst levels being at the front.
OrderBook::Levels::iterator OrderBook::find_level(Side side, std::int64_t price_ticks) {
  Levels& all = levels(side);
  return std::lower_bound(all.begin(), all.end(), price_ticks,
                          [side](const BookLevel& level, std::int64_t price) {
                            return side == Side::Buy ? level.price_ticks < price
                                                     : level.price_ticks > price;
                          });
}

bool OrderBook::add(std::uint64_t feed_order_id, Side side, std::int64_t price_ticks,
                    std::int64_t quantity_lots) {
  if (feed_order_id == 0 || quantity_lots <= 0 || price_ticks <= 0) return false;
  if (side != Side::Buy && side != Side::Sell) return false;
  if (index_.find(feed_order_id) != FlatIndex::kNone) return false;
  auto level = find_level(side, price_ticks);
  if (level == levels(side).end() || level->price_ticks != price_ticks) {
    level = levels(side).insert(level, BookLevel{price_ticks});
  }
  std::uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(pool_.size());
    pool_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  pool_[slot] = {feed_order_id, price_ticks, quantity_lots, side, level->last, FlatIndex::kNone};
  if (level->last == FlatIndex::kNone) level->first = slot;
  else pool_[level->last].next = slot;
  level->last = slot;
  level->quantity_lots += quantity_lots;
  ++level->orders;
  index_.insert(feed_order_id, slot);
  return true;
}

void OrderBook::unlink(std::uint32_t slot, Levels::iterator level) {
  const BookEntry& entry = pool_[slot];
  if (entry.previous == FlatIndex::kNone) level->first = entry.next;
  else pool_[entry.previous].next = entry.next;
  if (entry.next == FlatIndex::kNone) level->last = entry.previous;
  else pool_[entry.next].previous = entry.previous;
  level->quantity_lots -= entry.quantity_lots;
  index_.erase(entry.feed_order_id);
  free_.push_back(slot);
  if (--level->orders == 0) levels(entry.side).erase(level);
}

bool OrderBook::remove(std::uint64_t feed_order_id, std::int64_t quantity_lots) {
  const std::uint32_t slot = index_.find(feed_order_id);
  if (slot == FlatIndex::kNone || pool_[slot].quantity_lots != quantity_lots) return false;
  unlink(slot, find_level(pool_[slot].side, pool_[slot].price_ticks));
  return true;
}

bool OrderBook::lower(std::uint64_t feed_order_id, std::int64_t by_lots,
                      std::int64_t leaves_lots) {
  const std::uint32_t slot = index_.find(feed_order_id);
  if (slot == FlatIndex::kNone || by_lots <= 0) return false;
  BookEntry& entry = pool_[slot];
  if (leaves_lots < 0 || entry.quantity_lots - by_lots != leaves_lots) return false;
  const auto level = find_level(entry.side, entry.price_ticks);
  if (leaves_lots == 0) {
    unlink(slot, level);
  } else {
    entry.quantity_lots = leaves_lots;
    level->quantity_lots -= by_lots;
  }
  return true;
}

bool OrderBook::apply(const proto::FeedMessage& m) {
  switch (m.kind()) {
    case FeedKind::OrderAdded:
      return add(m.feed_order_id(), m.side(), m.price_ticks(), m.quantity_lots());
    case FeedKind::OrderExecuted:
    case FeedKind::OrderReduced:
      return lower(m.feed_order_id(), m.quantity_lots(), m.leaves_lots());
    case FeedKind::OrderDeleted:
      return remove(m.feed_order_id(), m.quantity_lots());
    default:
      return true;
  }
}

std::int64_t OrderBook::lots_ahead(std::uint64_t feed_order_id) const {
  const BookEntry* entry = find(feed_order_id);
  if (entry == nullptr) return -1;
  std::int64_t lots = 0;
  for (std::uint32_t i = entry->previous; i != FlatIndex::kNone; i = pool_[i].previous) {
    lots += pool_[i].quantity_lots;
  }
  return lots;
}

}  // namespace saker::client
