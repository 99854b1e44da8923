// The feed against a venue in memory: books must equal the venue's, whatever is lost.
#include <gtest/gtest.h>

#include "client/fake/rig.hpp"
#include "client/feed_client.hpp"

namespace saker::client {
namespace {

using fake::Rig;
using fake::Venue;

struct FeedRecorder : FeedHandler {
  std::vector<std::int64_t> trades;
  std::vector<FeedState> states;
  std::uint32_t ready = 0;
  std::uint64_t lost = 0;
  void on_feed_state(FeedState state) { states.push_back(state); }
  void on_book_ready(const FeedMarket&) { ++ready; }
  void on_trade(const FeedMarket&, const proto::FeedMessage& m) {
    trades.push_back(m.quantity_lots());
  }
  void on_feed_lost(std::uint64_t from, std::uint64_t to) { lost += to - from; }
};

struct FeedRig {
  explicit FeedRig(std::uint64_t seed = 1, FeedConfig config = {})
      : rig(seed),
        line_a(rig.network, {0x7F000001, 41'000}),
        line_b(rig.network, {0x7F000001, 41'001}),
        feed(config, rig.session.queries(), handler) {}

  void step() {
    rig.step();
    for (fake::Transport* line : {&line_a, &line_b}) {
      for (net::Datagram& d : line->receive()) feed.on_packet(d, rig.network.now_ns);
    }
    feed.poll(rig.network.now_ns);
  }
  bool subscribe() {
    if (!rig.log_on()) return false;
    return rig.session.orders().subscribe_feed({0, 0, 41'000, 41'001, 0});
  }
  template <class Done>
  bool run_until(Done done, std::uint64_t ms = 20'000) {
    for (std::uint64_t i = 0; i < ms * 10 && !done(); ++i) step();
    return done();
  }
  bool run_until_live(std::uint64_t ms = 20'000) {
    return run_until([&] {
      return feed.state() == FeedState::kLive &&
             feed.next_sequence() == rig.venue.next_feed_sequence();
    }, ms);
  }
  /// The book is the venue's, order by order.
  bool same_book() const {
    const FeedMarket* market = feed.market(1);
    if (market == nullptr || !market->live) return false;
    if (market->book.order_count() != rig.venue.orders.size()) return false;
    for (const Venue::Order& order : rig.venue.orders) {
      const BookEntry* entry = market->book.find(order.feed_order_id);
      if (entry == nullptr || entry->quantity_lots != order.leaves_lots ||
          entry->price_ticks != order.price_ticks || entry->side != order.side) {
        return false;
      }
    }
    return true;
  }
  /// Some activity, `rounds` times.
  void trade(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      rig.venue.others_add_order();
      rig.buy(50 + i % 20);
      for (int j = 0; j < 3; ++j) step();
      const auto& orders = rig.venue.orders;
      if (i % 3 == 2 && orders.size() > 4) {
        const auto& order = orders[orders.size() / 2];
        if (order.order_id != 0) rig.venue.fill_own(order.order_id, 1);
      }
      step();
    }
  }

  Rig rig;
  fake::Transport line_a, line_b;
  FeedRecorder handler;
  FeedClient<fake::Transport, FeedRecorder> feed;
};

TEST(Feed, StartsFromASnapshotOfSeveralPagesAndFollows) {
  FeedRig f;
  for (int i = 0; i < 23; ++i) f.rig.venue.others_add_order();
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
  EXPECT_EQ(f.feed.market(1)->definition.lot_size(), 100);
  EXPECT_EQ(f.feed.market(1)->phase, proto::MarketPhase::Open);
  f.trade(50);
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
  EXPECT_GT(f.handler.trades.size(), 5u);
  EXPECT_EQ(f.feed.counters().snapshots, 1u);
  EXPECT_EQ(f.feed.counters().contradictions, 0u);
  EXPECT_EQ(f.feed.counters().packets[0], f.feed.counters().packets[1]);
}

TEST(Feed, MessagesDuringTheSnapshotAreAppliedToIt) {
  FeedRig f;
  for (int i = 0; i < 100; ++i) f.rig.venue.others_add_order();
  ASSERT_TRUE(f.subscribe());
  int during = 0;
  ASSERT_TRUE(f.run_until([&] {
    if (f.feed.state() != FeedState::kStopped && f.feed.state() != FeedState::kLive) {
      f.rig.venue.others_add_order();
      ++during;
    }
    return f.feed.state() == FeedState::kLive;
  }));
  EXPECT_GT(during, 5);
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
  EXPECT_EQ(f.feed.counters().contradictions, 0u);
}

TEST(Feed, SnapshotFromBeforeTheSubscriptionIsAskedForAgain) {
  FeedRig f;
  ASSERT_TRUE(f.rig.log_on());
  f.rig.venue.remember();
  for (int i = 0; i < 20; ++i) f.rig.venue.others_add_order();
  f.rig.step();
  f.rig.venue.old_snapshots_next = 2;
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  EXPECT_EQ(f.rig.venue.old_snapshots_next, 0u);
  EXPECT_TRUE(f.same_book());
}

TEST(Feed, OneLineFillsWhatTheOtherLost) {
  FeedRig f;
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  f.rig.venue.mute_feed_next[0] = 4;
  f.trade(4);
  f.rig.venue.mute_feed_next[1] = 4;
  f.trade(4);
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
  EXPECT_EQ(f.feed.counters().recovered, 0u);
  EXPECT_GT(f.feed.counters().first_on_line[1], 0u);
}

TEST(Feed, HoleInBothLinesIsFilledByTheFollower) {
  FeedRig f;
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  f.rig.venue.mute_feed_next[0] = f.rig.venue.mute_feed_next[1] = 12;
  f.trade(10);
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
  EXPECT_GE(f.feed.counters().recovered, 12u);
  EXPECT_EQ(f.feed.counters().snapshots, 1u);
}

TEST(Feed, LostTailIsNoticedByTheHeartbeat) {
  FeedRig f;
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  f.rig.venue.mute_feed_next[0] = f.rig.venue.mute_feed_next[1] = 1;
  f.rig.venue.others_add_order();
  ASSERT_TRUE(f.run_until([&] { return f.same_book(); }));
  EXPECT_EQ(f.feed.counters().recovered, 1u);
}

TEST(Feed, HoleThatIsTooOldNeedsSnapshots) {
  FeedRig f;
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  f.rig.venue.mute_feed_next[0] = f.rig.venue.mute_feed_next[1] = 8;
  f.rig.venue.oldest_feed = 1'000'000;
  f.trade(10);
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
  EXPECT_GT(f.handler.lost, 0u);
  EXPECT_GT(f.feed.counters().snapshots, 1u);
}

TEST(Feed, HoleLargerThanTheRingNeedsSnapshots) {
  FeedConfig config;
  config.ring_messages = 32;
  FeedRig f(1, config);
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  f.rig.venue.mute_feed_next[0] = f.rig.venue.mute_feed_next[1] = 200;
  f.trade(60);
  f.rig.venue.mute_feed_next[0] = f.rig.venue.mute_feed_next[1] = 0;
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
  EXPECT_GT(f.handler.lost, 0u);
}

TEST(Feed, NewEpochTakesSnapshots) {
  FeedRig f;
  ASSERT_TRUE(f.subscribe());
  f.trade(20);
  ASSERT_TRUE(f.run_until_live());
  f.rig.venue.restart_engine(5);
  ASSERT_TRUE(f.run_until([&] { return f.rig.handler.epochs == 1; }));
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until([&] { return f.feed.epoch() == 2; }));
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
  f.trade(5);
  ASSERT_TRUE(f.run_until_live());
  EXPECT_TRUE(f.same_book());
}

TEST(Feed, SilenceMakesItStale) {
  FeedConfig config;
  config.stale_ns = 200'000'000;
  FeedRig f(1, config);
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  f.rig.venue.down = true;
  ASSERT_TRUE(f.run_until([&] { return f.feed.state() == FeedState::kStale; }, 1000));
  f.rig.venue.down = false;
  ASSERT_TRUE(f.run_until_live(2000));
}

TEST(Feed, StrangePacketsAreCounted) {
  FeedConfig config;
  config.source_address = 0x7F000001;
  FeedRig f(1, config);
  ASSERT_TRUE(f.subscribe());
  ASSERT_TRUE(f.run_until_live());
  proto::FeedHeader header;
  header.kind = proto::FeedPacketKind::Heartbeat;
  header.epoch = 99;
  header.first_sequence = 1'000'000;
  header.released_sequence = 999'999;
  alignas(8) std::array<std::byte, 1400> bytes;
  const std::size_t size = proto::encode_feed_heartbeat(header, bytes);
  f.rig.network.send({0x0A000001, 1}, f.line_a.local(), Bytes(bytes).first(size));
  header.shard = 4;
  proto::encode_feed_heartbeat(header, bytes);
  f.rig.network.send(Venue::kEngine, f.line_a.local(), Bytes(bytes).first(size));
  f.rig.network.send(Venue::kEngine, f.line_a.local(), Bytes(bytes).first(20));
  for (int i = 0; i < 20; ++i) f.step();
  EXPECT_EQ(f.feed.counters().dropped, 3u);
  EXPECT_EQ(f.feed.epoch(), 1u);
}

TEST(Feed, BooksAreRightWhateverTheNetworkDoes) {
  std::uint64_t recovered = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    FeedRig f(seed);
    f.rig.network.faults = {0.2, 0.1, 0.3};
    ASSERT_TRUE(f.run_until([&] { return f.rig.session.orders().logged_on(); })) << seed;
    ASSERT_TRUE(f.run_until([&] {  // the subscription itself may be lost
      if (f.feed.state() == FeedState::kStopped) f.subscribe();
      return f.feed.state() == FeedState::kLive;
    })) << seed;
    f.trade(200);
    ASSERT_TRUE(f.run_until_live(60'000)) << seed;
    ASSERT_TRUE(f.run_until([&] { return f.same_book(); }, 60'000)) << seed;
    EXPECT_EQ(f.feed.counters().contradictions, 0u) << seed;
    recovered += f.feed.counters().recovered;
  }
  EXPECT_GT(recovered, 0u);
}

}  // namespace
}  // namespace saker::client
