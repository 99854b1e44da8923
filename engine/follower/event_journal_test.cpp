// The event journal by itself: what it says of orders, its versions, what a crash of the machine
// takes from it.
#include <gtest/gtest.h>

#include <map>

#include "common/crc32c.hpp"
#include "engine/follower/test_follower.hpp"

namespace saker::follower {
namespace {

struct AllEvents {
  std::vector<EventEntry> entries;
  std::vector<TradeEvent> trades;
  std::vector<std::pair<Sequence, OrderEvent>> orders;
  Sequence last = 0;
};

AllEvents read_all(MemoryStorage& events, const TestVenue& venue) {
  AllEvents all;
  EventReader reader(events);
  EventBatchView view;
  EventRead read = reader.next(view);
  for (; read == EventRead::batch; read = reader.next(view)) {
    EXPECT_EQ(view.body.chain_head, venue.chain_at(view.body.last_sequence));
    all.last = view.body.last_sequence;
    CommandEvents command;
    while (next_command_events(view.entries, command)) {
      all.entries.push_back(command.entry);
      all.trades.insert(all.trades.end(), command.trades.begin(), command.trades.end());
      for (const OrderEvent& order : command.orders) {
        all.orders.emplace_back(command.entry.sequence, order);
      }
    }
  }
  EXPECT_EQ(read, EventRead::end) << (reader.problem() != nullptr ? reader.problem() : "");
  return all;
}

/// An order as somebody knows it who has read nothing but the event journal.
struct KnownOrder {
  OrderEvent last;
  std::int64_t leaves = 0;
  std::int64_t cumulative = 0;
};

class Orders {
 public:
  void take(const CommandEvents& command) {
    for (const OrderEvent& event : command.orders) {
      if (kind_of(event) != proto::ReportKind::OrderCancelled) take(event);
    }
    for (const TradeEvent& trade : command.trades) {
      fill(trade.maker_order_id, trade.maker_client_order_id, trade.quantity_lots,
           trade.maker_leaves_lots, trade.maker_cumulative_lots);
      fill(trade.taker_order_id, trade.taker_client_order_id, trade.quantity_lots,
           trade.taker_leaves_lots, trade.taker_cumulative_lots);
    }
    for (const OrderEvent& event : command.orders) {
      if (kind_of(event) == proto::ReportKind::OrderCancelled) take(event);
    }
  }
  std::map<std::uint64_t, KnownOrder> open;

 private:
  static proto::ReportKind kind_of(const OrderEvent& event) {
    return static_cast<proto::ReportKind>(event.kind);
  }
  void take(const OrderEvent& event) {
    const proto::ReportKind kind = kind_of(event);
    if (kind == proto::ReportKind::OrderRejected) return;
    const bool known = open.count(event.order_id) != 0;
    EXPECT_EQ(known, kind != proto::ReportKind::OrderAccepted);
    KnownOrder& order = open[event.order_id];
    EXPECT_EQ(event.cumulative_lots, order.cumulative);
    order.last = event;
    order.leaves = event.leaves_lots;
    if (kind == proto::ReportKind::OrderCancelled) open.erase(event.order_id);
  }
  void fill(std::uint64_t id, std::uint64_t client_id, std::int64_t lots, std::int64_t leaves,
            std::int64_t cumulative) {
    ASSERT_EQ(open.count(id), 1u);
    KnownOrder& order = open[id];
    EXPECT_EQ(order.last.client_order_id, client_id);
    EXPECT_EQ(order.leaves - lots, leaves);
    EXPECT_EQ(order.cumulative + lots, cumulative);
    order.leaves = leaves;
    order.cumulative = cumulative;
    if (leaves == 0) open.erase(id);
  }
};

TEST(EventJournal, WhoReadsItKnowsEveryOpenOrder) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  venue.trade(600);
  TestFollower follower(venue, disks);
  follower.run();
  Orders orders;
  EventReader reader(disks.events);
  EventBatchView view;
  std::size_t changes = 0;
  while (reader.next(view) == EventRead::batch) {
    CommandEvents command;
    while (next_command_events(view.entries, command)) {
      orders.take(command);
      changes += command.orders.size() + 2 * command.trades.size();
    }
  }
  std::size_t reported = 0;
  for (const proto::Report& report : venue.reports) {
    using Kind = proto::ReportKind;
    const Kind kind = report.kind();
    const bool change = kind == Kind::OrderAccepted || kind == Kind::OrderRejected ||
                        kind == Kind::OrderCancelled || kind == Kind::OrderReplaced ||
                        kind == Kind::OrderFilled;
    reported += change && report.account_sequence() != 0 ? 1 : 0;
  }
  EXPECT_EQ(changes, reported);
  EXPECT_GT(changes, 500u);
  std::size_t open = 0;
  for (std::uint32_t account = 1; account <= venue.core->account_count(); ++account) {
    venue.core->for_each_open_order(AccountId{account}, [&](const proto::OpenOrder& order) {
      ++open;
      ASSERT_EQ(orders.open.count(order.order_id()), 1u);
      const KnownOrder& known = orders.open[order.order_id()];
      EXPECT_EQ(known.last.client_order_id, order.client_order_id());
      EXPECT_EQ(known.last.price_ticks, order.price_ticks());
      EXPECT_EQ(known.last.quantity_lots, order.quantity_lots());
      EXPECT_EQ(known.last.account, order.account());
      EXPECT_EQ(known.last.market, order.market());
      EXPECT_EQ(known.last.side, raw(order.side()));
      EXPECT_EQ(known.leaves, order.leaves_lots());
      EXPECT_EQ(known.cumulative, order.cumulative_lots());
    });
  }
  EXPECT_EQ(orders.open.size(), open);
  EXPECT_GT(open, 10u);
}

TEST(EventJournal, AnEnteredOrderSaysWhatWasAskedFor) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  venue.new_order(3, 4, proto::Side::Sell, 100, 10, 1);
  const auto enter = [&](std::uint64_t id, std::int64_t price, std::int64_t quantity,
                         std::int64_t budget) {
    venue.submit(proto::CommandKind::NewOrder, 2,
                 proto::NewOrder(id, price, quantity, budget, 2, 1, proto::Side::Buy,
                                 proto::OrderType::Market, proto::TimeInForce::ImmediateOrCancel,
                                 proto::SelfTradePrevention::CancelTaker, 0));
  };
  enter(71, 0, 0, 500);
  enter(72, 0, 0, -5);
  venue.submit(proto::CommandKind::CancelOrder, 2, proto::CancelOrder(0, 999, 2, 0));
  venue.submit(proto::CommandKind::NewOrder, 3,  // somebody else's account
               proto::NewOrder(73, 5, 5, 0, 2, 1, proto::Side::Buy, proto::OrderType::Limit,
                               proto::TimeInForce::GoodTillCancel,
                               proto::SelfTradePrevention::CancelTaker, 0));
  venue.settle();
  TestFollower follower(venue, disks);
  follower.run();
  const AllEvents all = read_all(disks.events, venue);
  ASSERT_EQ(all.orders.size(), 4u);
  const OrderEvent& sell = all.orders[0].second;
  EXPECT_EQ(sell.type, raw(proto::OrderType::Limit));
  EXPECT_EQ(sell.account, 4u);
  EXPECT_EQ(sell.session, 3u);
  const OrderEvent& accepted = all.orders[1].second;
  EXPECT_EQ(accepted.kind, raw(proto::ReportKind::OrderAccepted));
  EXPECT_EQ(accepted.type, raw(proto::OrderType::Market));
  EXPECT_EQ(accepted.time_in_force, raw(proto::TimeInForce::ImmediateOrCancel));
  EXPECT_EQ(accepted.quote_budget, 500);
  EXPECT_EQ(accepted.client_order_id, 71u);
  const OrderEvent& cancelled = all.orders[2].second;
  EXPECT_EQ(cancelled.kind, raw(proto::ReportKind::OrderCancelled));
  EXPECT_EQ(cancelled.order_id, accepted.order_id);
  EXPECT_EQ(all.orders[2].first, all.orders[1].first);  // of the same command
  EXPECT_EQ(cancelled.reason, raw(proto::Reason::CANCEL_BUDGET_SPENT));
  const OrderEvent& rejected = all.orders[3].second;
  EXPECT_EQ(rejected.kind, raw(proto::ReportKind::OrderRejected));
  EXPECT_EQ(rejected.reason, raw(proto::Reason::ORDER_BUDGET_INVALID));
  EXPECT_EQ(rejected.quote_budget, -5);
  EXPECT_EQ(rejected.type, raw(proto::OrderType::Market));
  ASSERT_EQ(all.trades.size(), 1u);
  EXPECT_EQ(all.trades[0].taker_client_order_id, 71u);
  EXPECT_EQ(all.trades[0].maker_client_order_id, 1u);
  EXPECT_EQ(all.trades[0].taker_cumulative_lots, all.trades[0].quantity_lots);
  EXPECT_EQ(all.trades[0].maker_leaves_lots, 10 - all.trades[0].quantity_lots);
}

/// Gives every event file another version, its checksum in order.
void set_version(MemoryStorage& events, std::uint8_t version) {
  for (auto& [name, file] : events.files()) {
    EventFileHeader header = read_as<EventFileHeader>(file.now);
    header.version = version;
    header.crc = crc32c(bytes_of(header).first(offsetof(EventFileHeader, crc)));
    std::memcpy(file.now.data(), &header, sizeof header);
    file.synced = file.now;
  }
}

TEST(EventJournal, OneOfAnEarlierVersionIsMadeAnewFromTheLog) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  FollowerConfig config = TestFollower::small();
  config.event_file_bytes = 4'096;
  for (int run = 0; run < 3; ++run) {
    venue.trade(100);
    TestFollower follower(venue, disks, config);
    follower.run();
    ASSERT_TRUE(follower.process.stop(follower.clock.time_ns));
  }
  const auto as_it_was = read_all(disks.events, venue);
  ASSERT_GT(disks.events.files().size(), 3u);
  TestDisks copy = disks;
  set_version(disks.events, 1);
  TestFollower follower(venue, disks, config);
  follower.run();
  EXPECT_EQ(follower.process.problem(), "");
  EXPECT_TRUE(follower.has_said("its version is 1; it is made anew from the log"));
  EXPECT_TRUE(follower.has_said("replaying the log from Genesis"));
  const auto anew = read_all(disks.events, venue);
  EXPECT_EQ(anew.entries.size(), as_it_was.entries.size());
  EXPECT_EQ(anew.orders.size(), as_it_was.orders.size());
  EXPECT_EQ(anew.last, venue.core->sequence());
  EXPECT_TRUE(follower.process.stop(follower.clock.time_ns));

  set_version(copy.events, kEventVersion + 1);
  TestFollower older(venue, copy, config);
  older.run();
  EXPECT_NE(older.process.problem().find("later than this program"), std::string::npos);
  EXPECT_GT(copy.events.files().size(), 3u);
}

TEST(EventJournal, InterruptedRemovalOfAnEarlierVersionGoesOn) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  FollowerConfig config = TestFollower::small();
  config.event_file_bytes = 4'096;
  for (int run = 0; run < 3; ++run) {
    venue.trade(60);
    TestFollower follower(venue, disks, config);
    follower.run();
    ASSERT_TRUE(follower.process.stop(follower.clock.time_ns));
  }
  set_version(disks.events, 1);
  int removals = 0;
  disks.events.fault = [&](MemoryStorage::Op op, std::string_view) {
    const bool dies = op == MemoryStorage::Op::remove && ++removals == 2;
    return dies ? journal::IoStatus::io_error : journal::IoStatus::ok;
  };
  {
    TestFollower follower(venue, disks, config);
    follower.run();
    EXPECT_NE(follower.process.problem(), "");
  }
  disks.events.fault = nullptr;
  TestFollower follower(venue, disks, config);
  follower.run();
  EXPECT_EQ(follower.process.problem(), "");
  EXPECT_EQ(read_all(disks.events, venue).last, venue.core->sequence());
}

TEST(EventJournal, WhatWasWrittenButNotSyncedComesAgain) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  FollowerConfig config = TestFollower::small();
  config.event_sync_ns = 3'600'000'000'000;
  AllEvents seen;
  for (int run = 0; run < 4; ++run) {
    {
      TestFollower follower(venue, disks, config);
      for (int i = 0; i < 10; ++i) {
        venue.trade(20);
        follower.run();
      }
      seen = read_all(disks.events, venue);
      EXPECT_EQ(seen.last, venue.core->sequence());  // at once, without a sync
      if (run == 1) {
        ASSERT_TRUE(follower.process.stop(follower.clock.time_ns));
      }
    }
    disks.events.crash();
    EXPECT_EQ(read_all(disks.events, venue).last < seen.last, run != 1);
    TestFollower follower(venue, disks, config);
    follower.run();
    ASSERT_EQ(follower.process.problem(), "");
    const AllEvents again = read_all(disks.events, venue);
    ASSERT_EQ(again.entries.size(), seen.entries.size());
    ASSERT_EQ(again.orders.size(), seen.orders.size());
    for (std::size_t i = 0; i < seen.orders.size(); ++i) {
      ASSERT_EQ(again.orders[i].first, seen.orders[i].first);
      ASSERT_EQ(std::memcmp(&again.orders[i].second, &seen.orders[i].second, sizeof(OrderEvent)),
                0);
    }
  }
}

TEST(EventJournal, ALostPieceInTheMiddleEndsIt) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  std::vector<std::size_t> ends;
  {
    TestFollower follower(venue, disks);
    for (int i = 0; i < 6; ++i) {
      follower.run();
      ends.push_back(disks.events.files().begin()->second.now.size());
      venue.trade(20);
    }
    follower.run();
  }
  const Sequence before = read_all(disks.events, venue).last;
  // The disk wrote what came later and not what came before.
  auto& bytes = disks.events.files().begin()->second.now;
  ASSERT_LT(ends[3], ends[4]);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(ends[3]),
            bytes.begin() + static_cast<std::ptrdiff_t>(ends[4]), std::byte{0});
  EXPECT_LT(read_all(disks.events, venue).last, before);
  venue.trade(7);
  TestFollower follower(venue, disks);
  follower.run();
  EXPECT_EQ(follower.process.problem(), "");
  EXPECT_EQ(read_all(disks.events, venue).last, venue.core->sequence());
}

}  // namespace
}  // namespace saker::follower
