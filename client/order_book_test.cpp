#include "client/order_book.hpp"

#include <gtest/gtest.h>

#include <map>

#include "client/fake/network.hpp"
#include "client/order_tracker.hpp"

namespace saker::client {
namespace {

using proto::FeedKind;
using proto::Side;

proto::FeedMessage message(FeedKind kind, std::uint64_t id, Side side, std::int64_t price,
                           std::int64_t lots, std::int64_t leaves) {
  return {0, id, 0, price, lots, leaves, 1, kind, side, 0, 0};
}

TEST(OrderBook, LevelsAreSortedAndSummed) {
  OrderBook book;
  EXPECT_EQ(book.best_bid_ticks(), 0);
  EXPECT_TRUE(book.add(1, Side::Buy, 100, 5));
  EXPECT_TRUE(book.add(2, Side::Buy, 102, 7));
  EXPECT_TRUE(book.add(3, Side::Buy, 100, 1));
  EXPECT_TRUE(book.add(4, Side::Sell, 105, 2));
  EXPECT_TRUE(book.add(5, Side::Sell, 103, 9));
  EXPECT_EQ(book.best_bid_ticks(), 102);
  EXPECT_EQ(book.best_ask_ticks(), 103);
  ASSERT_EQ(book.depth(Side::Buy), 2u);
  EXPECT_EQ(book.level(Side::Buy, 1)->quantity_lots, 6);
  EXPECT_EQ(book.level(Side::Buy, 1)->orders, 2u);
  EXPECT_EQ(book.level(Side::Buy, 2), nullptr);
  EXPECT_EQ(book.lots_ahead(3), 5);
  EXPECT_EQ(book.lots_ahead(99), -1);
  EXPECT_FALSE(book.crossed());
  book.add(6, Side::Sell, 101, 1);
  EXPECT_TRUE(book.crossed());
}

TEST(OrderBook, MessagesChangeItAndContradictionsAreNoticed) {
  OrderBook book;
  EXPECT_TRUE(book.apply(message(FeedKind::OrderAdded, 1, Side::Sell, 10, 8, 8)));
  EXPECT_TRUE(book.apply(message(FeedKind::OrderExecuted, 1, Side::Sell, 10, 3, 5)));
  EXPECT_EQ(book.level(Side::Sell, 0)->quantity_lots, 5);
  EXPECT_TRUE(book.apply(message(FeedKind::OrderReduced, 1, Side::Sell, 10, 1, 4)));
  EXPECT_TRUE(book.apply(message(FeedKind::PhaseChanged, 0, Side::Buy, 0, 0, 0)));
  EXPECT_FALSE(book.apply(message(FeedKind::OrderExecuted, 1, Side::Sell, 10, 3, 2)));
  EXPECT_FALSE(book.apply(message(FeedKind::OrderDeleted, 1, Side::Sell, 10, 3, 0)));
  EXPECT_FALSE(book.apply(message(FeedKind::OrderDeleted, 2, Side::Sell, 10, 4, 0)));
  EXPECT_FALSE(book.apply(message(FeedKind::OrderAdded, 1, Side::Sell, 10, 8, 8)));
  EXPECT_FALSE(book.apply(message(FeedKind::OrderAdded, 3, Side::Sell, 10, 0, 0)));
  EXPECT_TRUE(book.apply(message(FeedKind::OrderDeleted, 1, Side::Sell, 10, 4, 0)));
  EXPECT_EQ(book.order_count(), 0u);
  EXPECT_EQ(book.depth(Side::Sell), 0u);
}

// Random changes against a plain map, the slow and obvious way.
TEST(OrderBook, AgreesWithAPlainModel) {
  fake::Network chance(42);
  OrderBook book(4);
  std::map<std::uint64_t, BookEntry> model;
  std::uint64_t next_id = 1;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t pick = chance.random();
    if (model.size() < 3 || (pick % 3 == 0 && model.size() < 200)) {
      const Side side = pick & 64 ? Side::Buy : Side::Sell;
      const std::int64_t price = 50 + static_cast<std::int64_t>(pick / 128 % 20);
      const std::int64_t lots = 1 + static_cast<std::int64_t>(pick / 4096 % 9);
      model[next_id] = {next_id, price, lots, side};
      ASSERT_TRUE(book.add(next_id++, side, price, lots));
      continue;
    }
    auto it = model.lower_bound(1 + pick % next_id);
    if (it == model.end()) it = model.begin();
    BookEntry& entry = it->second;
    const std::int64_t by = pick % 2 == 0 ? entry.quantity_lots : 1;
    const FeedKind kind = by == entry.quantity_lots && pick & 32 ? FeedKind::OrderDeleted
                                                                 : FeedKind::OrderExecuted;
    entry.quantity_lots -= by;
    ASSERT_TRUE(book.apply(message(kind, entry.feed_order_id, entry.side, entry.price_ticks, by,
                                   entry.quantity_lots)));
    if (entry.quantity_lots == 0) model.erase(it);
    std::map<std::int64_t, std::int64_t> levels[2];
    for (const auto& [id, e] : model) levels[raw(e.side)][e.price_ticks] += e.quantity_lots;
    for (const Side side : {Side::Buy, Side::Sell}) {
      ASSERT_EQ(book.depth(side), levels[raw(side)].size());
      if (levels[raw(side)].empty()) continue;
      const auto& all = levels[raw(side)];
      const auto& best = side == Side::Buy ? *all.rbegin() : *all.begin();
      ASSERT_EQ(book.level(side, 0)->price_ticks, best.first);
      ASSERT_EQ(book.level(side, 0)->quantity_lots, best.second);
    }
  }
  EXPECT_EQ(book.order_count(), model.size());
}

TEST(FlatIndex, FindsWhatIsThereThroughChurn) {
  FlatIndex index(4);
  std::map<std::uint64_t, std::uint32_t> model;
  fake::Network chance(7);
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    const std::uint64_t id = 1 + chance.random() % 500;
    if (model.count(id) > 0) {
      EXPECT_TRUE(index.erase(id));
      model.erase(id);
    } else {
      index.insert(id, i);
      model[id] = i;
    }
  }
  EXPECT_EQ(index.size(), model.size());
  for (std::uint64_t id = 0; id < 502; ++id) {
    EXPECT_EQ(index.find(id), model.count(id) > 0 ? model[id] : FlatIndex::kNone);
  }
  EXPECT_FALSE(index.erase(1000));
}

// ---- tracker -------------------------------------------------------------------------------

proto::Report report(proto::ReportKind kind, std::uint64_t order_id, std::int64_t quantity,
                     std::int64_t leaves, std::uint64_t engine_sequence = 1,
                     std::uint64_t client_sequence = 1) {
  proto::Report r;
  r.mutate_kind(kind);
  r.mutate_order_id(order_id);
  r.mutate_client_order_id(order_id + 1000);
  r.mutate_price_ticks(10);
  r.mutate_quantity_lots(quantity);
  r.mutate_leaves_lots(leaves);
  r.mutate_account(3);
  r.mutate_market(1);
  r.mutate_side(Side::Buy);
  r.mutate_engine_sequence(engine_sequence);
  r.mutate_client_sequence(client_sequence);
  return r;
}

proto::MarketDefinition market() {
  proto::MarketDefinition d;
  d.mutate_market(1);
  d.mutate_base_asset(2);
  d.mutate_quote_asset(1);
  d.mutate_lot_size(100);
  d.mutate_tick_value(3);
  return d;
}

TEST(OrderTracker, FollowsAnOrderAndItsMoney) {
  using proto::ReportKind;
  OrderTracker tracker(7);
  tracker.define(market());
  tracker.on_report(report(ReportKind::OrderAccepted, 5, 10, 10));
  EXPECT_EQ(tracker.open_lots(3, 1, Side::Buy), 10);
  proto::Report fill = report(ReportKind::OrderFilled, 5, 4, 6);
  fill.mutate_amount_minor(2);  // fee
  tracker.on_report(fill);
  EXPECT_EQ(tracker.find(5)->leaves_lots, 6);
  EXPECT_EQ(tracker.find(5)->quantity_lots, 10);
  EXPECT_EQ(tracker.position(3, 2).total, 400);
  EXPECT_EQ(tracker.position(3, 1).total, -(4 * 10 * 3 + 2));
  tracker.on_report(report(ReportKind::OrderReplaced, 5, 8, 4));
  EXPECT_EQ(tracker.find_client_order(3, 1005)->leaves_lots, 4);
  tracker.on_report(report(ReportKind::OrderCancelled, 5, 8, 0));
  EXPECT_EQ(tracker.open_orders(), 0u);
  tracker.on_report(report(ReportKind::OrderAccepted, 6, 2, 2));
  tracker.on_report(report(ReportKind::OrderReplaced, 6, 2, 2, 9, 0));  // by another session
  EXPECT_EQ(tracker.open_orders(), 0u);
  EXPECT_EQ(tracker.engine_sequence(), 9u);
}

TEST(OrderTracker, ReportsDuringAResyncAreNeitherLostNorCountedTwice) {
  using proto::ReportKind;
  OrderTracker tracker(7);
  tracker.define(market());
  tracker.begin_resync();
  tracker.on_report(report(ReportKind::OrderAccepted, 5, 10, 10, 20));  // in both answers
  tracker.on_report(report(ReportKind::OrderFilled, 5, 4, 6, 22));      // in the balances only
  tracker.on_report(report(ReportKind::OrderAccepted, 6, 1, 1, 24));    // in neither
  EXPECT_TRUE(tracker.resyncing());
  proto::OpenOrder open;
  open.mutate_order_id(5);
  open.mutate_session(7);
  open.mutate_leaves_lots(10);
  open.mutate_quantity_lots(10);
  tracker.add_open_order(open);
  open.mutate_order_id(8);
  open.mutate_session(9);  // somebody else's
  tracker.add_open_order(open);
  tracker.add_balance({3, 2, 300, 100});
  tracker.end_resync(21, 23);
  EXPECT_EQ(tracker.open_orders(), 2u);
  EXPECT_EQ(tracker.find(5)->leaves_lots, 6);
  EXPECT_EQ(tracker.position(3, 2).total, 400);
}

}  // namespace
}  // namespace saker::client
