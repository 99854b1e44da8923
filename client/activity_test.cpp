// The activity stream over a bad network: every report once and in order, or told that it is lost.
#include <gtest/gtest.h>

#include "client/activity_stream.hpp"
#include "client/fake/rig.hpp"

namespace saker::client::fake {
namespace {

struct Follower : ActivityHandler {
  void on_activity(const proto::Report& report) { reports.push_back(report); }
  void on_activity_complete(Sequence sequence) {
    EXPECT_GT(sequence, complete);
    complete = sequence;
  }
  void on_activity_lost(Sequence from, Sequence to) { lost.push_back({from, to}); }
  std::vector<proto::Report> reports;
  Sequence complete = 0;
  std::vector<std::pair<Sequence, Sequence>> lost;
};

struct Watched : Rig {
  explicit Watched(std::uint64_t seed = 1) : Rig(seed), stream(session.queries(), follower) {
    venue.max_page_items = 2;
  }
  /// Steps, with the stream asking as its owner's loop would.
  template <class Done>
  bool watch(Done done, std::uint64_t ms = 20'000) {
    return run_until([&] {
      stream.poll();
      return done();
    }, ms);
  }
  bool has_all(std::size_t first = 0) const {
    if (follower.reports.size() + first != venue.reports.size()) return false;
    for (std::size_t i = 0; i < follower.reports.size(); ++i) {
      const auto number = follower.reports[i].report_sequence();
      if (number != venue.reports[first + i].report_sequence()) return false;
    }
    return true;
  }

  Follower follower;
  ActivityStream<Transport, Follower> stream;
};

TEST(ActivityStream, TellsEveryReportOnceAndInOrder) {
  Watched rig;
  ASSERT_TRUE(rig.log_on());
  rig.stream.start(0);
  for (int i = 0; i < 30; ++i) {
    rig.buy(100, 1 + i, i % 3 == 0 ? proto::TimeInForce::ImmediateOrCancel
                                   : proto::TimeInForce::GoodTillCancel);
  }
  EXPECT_TRUE(rig.watch([&] { return rig.venue.reports.size() >= 30 && rig.has_all(); }));
  EXPECT_EQ(rig.follower.complete, rig.venue.sequence());
  EXPECT_EQ(rig.stream.complete_to(), rig.venue.sequence());
  EXPECT_TRUE(rig.follower.lost.empty());
  rig.buy(100, 99);
  EXPECT_TRUE(rig.watch([&] { return rig.venue.reports.size() >= 31 && rig.has_all(); }));
}

TEST(ActivityStream, LossDoublingAndReorderingAreNotSeen) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Watched rig(seed);
    ASSERT_TRUE(rig.log_on());
    rig.stream.start(0);
    rig.network.faults = {0.2, 0.1, 0.2};
    std::uint64_t id = 0;
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 20; ++i) rig.buy(100, ++id, proto::TimeInForce::ImmediateOrCancel);
      rig.watch([] { return false; }, 3);
    }
    const bool all = rig.watch([&] { return rig.quiet() && rig.has_all(); });
    ASSERT_TRUE(all) << "seed " << seed << ": " << rig.follower.reports.size() << " of "
                     << rig.venue.reports.size();
    EXPECT_GT(rig.venue.reports.size(), 200u);
    EXPECT_TRUE(rig.follower.lost.empty());
  }
}

TEST(ActivityStream, AFollowerThatIsStartedAgainIsGoneOnWith) {
  Watched rig;
  ASSERT_TRUE(rig.log_on());
  rig.stream.start(0);
  std::uint64_t id = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) rig.buy(100, ++id);
    rig.watch([] { return false; }, 5);
    rig.venue.restart_follower();
  }
  EXPECT_TRUE(rig.watch([&] { return rig.quiet() && rig.has_all(); }));
  EXPECT_TRUE(rig.follower.lost.empty());
}

TEST(ActivityStream, WhatIsTooOldIsToldAndLeftBehind) {
  Watched rig;
  ASSERT_TRUE(rig.log_on());
  for (int i = 0; i < 20; ++i) rig.buy(100, 1 + i);
  ASSERT_TRUE(rig.run_until([&] { return rig.quiet() && rig.venue.reports.size() >= 20; }));
  rig.venue.oldest_report = 10;
  const Sequence applied = rig.venue.sequence();
  rig.stream.start(0);
  EXPECT_TRUE(rig.watch([&] { return !rig.follower.lost.empty(); }));
  EXPECT_EQ(rig.follower.lost[0], (std::pair<Sequence, Sequence>{0, applied}));
  const std::size_t before = rig.venue.reports.size();
  rig.buy(100, 50);
  EXPECT_TRUE(rig.watch([&] { return rig.venue.reports.size() > before && rig.has_all(before); }));
  EXPECT_EQ(rig.follower.lost.size(), 1u);
}

}  // namespace
}  // namespace saker::client::fake
