// The follower as a whole: agreement, restarts, snapshots, forks.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/follower/test_follower.hpp"

namespace saker::follower {
namespace {

/// All ledger legs of the event journal, and that its batches follow each other.
std::vector<core::LedgerLeg> legs_on_disk(MemoryStorage& events, const TestVenue& venue) {
  std::vector<core::LedgerLeg> legs;
  EventReader reader(events);
  EventBatchView view;
  EventRead read = reader.next(view);
  for (; read == EventRead::batch; read = reader.next(view)) {
    EXPECT_EQ(view.body.chain_head, venue.chain_at(view.body.last_sequence));
    CommandEvents command;
    while (next_command_events(view.entries, command)) {
      EXPECT_EQ(command.entry.chain_head, venue.chain_at(command.entry.sequence));
      legs.insert(legs.end(), command.legs.begin(), command.legs.end());
    }
  }
  EXPECT_EQ(read, EventRead::end) << (reader.problem() != nullptr ? reader.problem() : "");
  return legs;
}

void expect_agreement(TestVenue& venue, TestFollower& follower, TestDisks& disks) {
  ASSERT_EQ(follower.process.problem(), "");
  ASSERT_NE(follower.process.core(), nullptr);
  EXPECT_EQ(follower.process.core()->sequence(), venue.core->sequence());
  EXPECT_EQ(follower.process.core()->chain_head(), venue.core->chain_head());
  EXPECT_EQ(follower.process.core()->state_hash(), venue.core->state_hash());
  EXPECT_EQ(follower.process.events_sequence(), venue.core->sequence());
  const std::vector<core::LedgerLeg> legs = legs_on_disk(disks.events, venue);
  ASSERT_EQ(legs.size(), venue.legs.size());
  EXPECT_EQ(std::memcmp(legs.data(), venue.legs.data(), legs.size() * sizeof(legs[0])), 0);
}

TEST(Follower, AgreesWithTheSequencerAllAlong) {
  TestVenue venue;
  TestDisks disks;
  TestFollower follower(venue, disks);
  follower.run();
  EXPECT_FALSE(follower.process.ready());  // there is no log yet
  venue.set_up();
  const bool full = std::getenv("SAKER_FULL") != nullptr;
  for (int round = 0; round < (full ? 100 : 20); ++round) {
    venue.trade(full ? 1000 : 50);
    follower.run();
    expect_agreement(venue, follower, disks);
  }
  EXPECT_GT(venue.core->open_order_count(), 10u);
  EXPECT_TRUE(follower.process.ready());
  EXPECT_EQ(follower.count(k_applied_sequence), venue.core->sequence());
}

TEST(Follower, OnlyWhatIsDurableIsApplied) {
  TestVenue venue;
  TestDisks disks;
  TestFollower follower(venue, disks);
  venue.set_up();
  follower.run();
  const Sequence durable = venue.core->sequence();
  venue.new_order(2, 2, proto::Side::Buy, 95, 10);
  follower.run();
  EXPECT_EQ(follower.process.core()->sequence(), durable);
  venue.settle();
  follower.run();
  EXPECT_EQ(follower.process.core()->sequence(), durable + 1);
}

TEST(Follower, StateMarkersAreHashed) {
  TestVenue venue;
  TestDisks disks;
  TestFollower follower(venue, disks);
  venue.set_up();
  venue.trade(30);
  venue.submit(proto::CommandKind::StateMarker, 0, proto::StateMarker(0));
  venue.settle();
  follower.run();
  EXPECT_EQ(follower.count(k_state_marker_sequence), venue.core->sequence());
  EXPECT_EQ(follower.count(k_state_hash_low), venue.core->state_hash().low);
  EXPECT_EQ(follower.count(k_state_hash_high), venue.core->state_hash().high);
}

TEST(Follower, RestartsFromSnapshotAndTail) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  for (int run = 0; run < 4; ++run) {
    TestFollower follower(venue, disks);
    venue.trade(100);
    follower.run();
    expect_agreement(venue, follower, disks);
    EXPECT_EQ(follower.has_said("starting from snapshot"), run > 0);
    EXPECT_TRUE(follower.process.stop(follower.clock.time_ns));
    SnapshotStore store(disks.snapshots);
    EXPECT_EQ(store.list().size(), std::min(run + 1, 2));
    EXPECT_EQ(store.list().front(), venue.core->sequence());
  }
}

TEST(Follower, ADamagedSnapshotFallsBack) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  for (int run = 0; run < 2; ++run) {
    TestFollower follower(venue, disks);
    venue.trade(100);
    follower.run();
    ASSERT_TRUE(follower.process.stop(follower.clock.time_ns));
  }
  const std::vector<Sequence> sequences = SnapshotStore(disks.snapshots).list();
  ASSERT_EQ(sequences.size(), 2u);
  venue.trade(50);
  for (const int damaged : {1, 2, 3}) {  // bit 0: the newer one, bit 1: the older one
    TestDisks copy = disks;
    for (const int which : {0, 1}) {
      if ((damaged >> which & 1) == 0) continue;
      auto& bytes = copy.snapshots.files().at(journal::snapshot_name(sequences[which])).now;
      bytes[bytes.size() / 2] ^= std::byte{1};
    }
    TestFollower follower(venue, copy);
    follower.run();
    expect_agreement(venue, follower, copy);
    EXPECT_EQ(follower.has_said("snapshot passed over"), (damaged & 2) != 0);
    EXPECT_EQ(follower.has_said("replaying the log from Genesis"), damaged == 3);
  }
}

/// Every storage operation of a whole life is once the last one: the process is gone there, with
/// or without a power cut, and the next life must make the journal whole.
TEST(Follower, MayDieAtAnyDiskOperation) {
  TestVenue venue;
  venue.set_up();
  FollowerConfig config = TestFollower::small();
  config.event_file_bytes = 6000;  // several files
  config.snapshot_commands = 60;
  config.records_per_poll = 16;
  venue.trade(250);
  int cuts = 0;
  for (int fatal_at = 0;; ++fatal_at) {
    TestDisks disks;
    int operations = 0;
    const auto die = [&operations, fatal_at](MemoryStorage::Op, std::string_view) {
      return operations++ < fatal_at ? journal::IoStatus::ok : journal::IoStatus::io_error;
    };
    disks.events.fault = die;
    disks.snapshots.fault = die;
    {
      TestFollower follower(venue, disks, config);
      follower.run();
    }
    disks.events.fault = {};
    disks.snapshots.fault = {};
    if (operations <= fatal_at) break;
    if (fatal_at % 2 == 0) {
      disks.events.crash();
      disks.snapshots.crash();
    }
    TestFollower follower(venue, disks, config);
    follower.run();
    expect_agreement(venue, follower, disks);
    ++cuts;
    if (HasFailure()) FAIL() << "after dying at operation " << fatal_at;
  }
  EXPECT_GT(cuts, 30);
}

/// No life gets further than a few disk operations beyond its start, and yet it gets done.
TEST(Follower, MayDieAgainAndAgain) {
  TestVenue venue;
  venue.set_up();
  venue.trade(250);
  FollowerConfig config = TestFollower::small();
  config.event_file_bytes = 6000;
  config.records_per_poll = 16;
  TestDisks disks;
  int lives = 0;
  for (Sequence reached = 0; reached < venue.core->sequence(); ++lives) {
    ASSERT_LT(lives, 200);
    int writes = 0;
    disks.events.fault = [&writes](MemoryStorage::Op op, std::string_view) {
      const bool counts = op == MemoryStorage::Op::write || op == MemoryStorage::Op::sync;
      return counts && ++writes > 6 ? journal::IoStatus::io_error : journal::IoStatus::ok;
    };
    TestFollower follower(venue, disks, config);
    follower.run();
    reached = follower.process.events_sequence();
    disks.events.fault = {};
    disks.events.crash();
  }
  EXPECT_GT(lives, 3);
  TestFollower follower(venue, disks, config);
  follower.run();
  expect_agreement(venue, follower, disks);
}

/// The last batch is torn at every byte.
TEST(Follower, ATornEventBatchIsWrittenAgain) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  {
    TestFollower follower(venue, disks);
    follower.run();
  }
  const std::size_t before = disks.events.files().begin()->second.now.size();
  venue.new_order(2, 2, proto::Side::Buy, 100, 5);
  venue.new_order(3, 4, proto::Side::Sell, 100, 5);
  venue.settle();
  {
    TestFollower follower(venue, disks);
    follower.run();
  }
  const std::size_t after = disks.events.files().begin()->second.now.size();
  ASSERT_GT(after, before);
  for (std::size_t torn = before; torn < after; torn += 7) {
    for (const bool stale : {false, true}) {
      TestDisks copy = disks;
      auto& bytes = copy.events.files().begin()->second.now;
      if (stale) {
        for (std::size_t i = torn; i < after; ++i) bytes[i] = std::byte{0xEE};
      } else {
        bytes.resize(torn);
      }
      TestFollower follower(venue, copy);
      follower.run();
      expect_agreement(venue, follower, copy);
      if (HasFailure()) FAIL() << "torn at " << torn;
    }
  }
}

TEST(Follower, AForkedLogIsFollowedFromTheFork) {
  TestVenue venue;
  venue.set_up();
  venue.trade(100);
  TestDisks disks;
  {
    TestFollower follower(venue, disks);
    follower.run();
    ASSERT_TRUE(follower.process.stop(follower.clock.time_ns));
  }
  TestVenue other(1);  // the same story up to here ..
  other.set_up();
  other.trade(100);
  ASSERT_EQ(other.core->chain_head(), venue.core->chain_head());
  const Sequence fork = venue.core->sequence();
  venue.trade(80);
  {
    TestFollower follower(venue, disks);
    follower.run();
    ASSERT_TRUE(follower.process.stop(follower.clock.time_ns));
  }
  other.submit(proto::CommandKind::EpochStart, 0,  // .. and another one from here on
               proto::EpochStart(1, 2, 2, proto::CommitPolicy::Memory, 0, 0));
  other.trade(120);
  TestFollower follower(other, disks);
  follower.run();
  expect_agreement(other, follower, disks);
  EXPECT_TRUE(follower.has_said("the log has another record"));
  EXPECT_TRUE(follower.has_said("starting from snapshot " + std::to_string(fork)));
  EXPECT_EQ(follower.count(k_rebuilds), 1u);
}

TEST(Follower, AnotherLogIsRefused) {
  TestVenue venue;
  venue.set_up();
  TestDisks disks;
  {
    TestFollower follower(venue, disks);
    follower.run();
  }
  auto& bytes = disks.events.files().begin()->second.now;
  ASSERT_GT(bytes.size(), 64u);
  // The same file, as if written for another log.
  MemoryStorage forged;
  EventJournal journal(forged, 1u << 20);
  ASSERT_TRUE(journal.open());
  journal.begin(0xBAD, 0);
  core::Output out;
  journal::RecordHeader record;
  record.sequence = 1;
  ASSERT_TRUE(journal.add(record, core::Command{}, out) && journal.flush());
  disks.events = forged;
  TestFollower follower(venue, disks);
  follower.run();
  EXPECT_EQ(follower.process.problem(), "the event journal belongs to another log");
}

TEST(Follower, AFullDiskDelaysEventsAndLosesNone) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  TestFollower follower(venue, disks);
  follower.run();
  std::uint64_t used = 0;
  for (const auto& [name, file] : disks.events.files()) used += file.now.size();
  disks.events.capacity_bytes = used + 100;
  disks.snapshots.capacity_bytes = 100;
  venue.trade(400);
  follower.run(2000);
  EXPECT_EQ(follower.process.problem(), "");
  EXPECT_GT(follower.count(k_event_waits), 0u);
  EXPECT_FALSE(follower.process.take_snapshot(follower.clock.time_ns));
  disks.events.capacity_bytes = UINT64_MAX;
  disks.snapshots.capacity_bytes = UINT64_MAX;
  follower.run();
  expect_agreement(venue, follower, disks);
  EXPECT_TRUE(follower.process.take_snapshot(follower.clock.time_ns));
}

/// Says what the test wants, when it wants.
struct LaterChecker : SnapshotChecker {
  void start(Sequence sequence) override { started.push_back(sequence); }
  Result poll() override { return std::exchange(answer, Result{}); }
  Result wait() override { return {true, true, ""}; }
  std::vector<Sequence> started;
  Result answer;
};

TEST(Follower, WorksOnWhileASnapshotIsVerified) {
  TestVenue venue;
  TestDisks disks;
  venue.set_up();
  FollowerConfig config = TestFollower::small();
  config.snapshot_commands = 50;
  TestFollower follower(venue, disks, config);
  LaterChecker checker;
  follower.process.use_checker(&checker);
  follower.run();
  venue.trade(100);
  follower.run();
  ASSERT_EQ(checker.started.size(), 1u);
  EXPECT_EQ(follower.count(k_snapshots_written), 0u);
  venue.trade(100);  // no other one meanwhile
  follower.run();
  EXPECT_EQ(checker.started.size(), 1u);
  EXPECT_FALSE(follower.process.take_snapshot(follower.clock.time_ns));
  expect_agreement(venue, follower, disks);
  checker.answer = {true, true, ""};
  follower.run();
  EXPECT_EQ(follower.count(k_snapshots_written), 1u);
  EXPECT_EQ(follower.count(k_snapshot_sequence), checker.started[0]);
  ASSERT_EQ(checker.started.size(), 2u);  // the next one is due
  checker.answer = {true, false, "it is damaged"};
  follower.run();
  EXPECT_TRUE(follower.has_said("no snapshot: it is damaged"));
  EXPECT_EQ(follower.count(k_snapshots_failed), 1u);
  EXPECT_EQ(follower.count(k_snapshot_sequence), checker.started[0]);
  EXPECT_TRUE(follower.process.stop(follower.clock.time_ns));
  EXPECT_EQ(follower.count(k_snapshot_sequence), venue.core->sequence());
}

/// A log whose rules change on the way, read by a build that knows both, and by an older one.
TEST(Rules, ThoseThatAreNotKnownAreRefused) {
  TestVenue venue;
  venue.set_up();
  const Sequence before = venue.core->sequence();
  venue.submit(proto::CommandKind::SetRuleVersion, 1, proto::SetRuleVersion(2, 0));
  EXPECT_EQ(venue.core->rule_version(), 2u);
  venue.trade(20);
  const auto replay_with = [&venue](Replay& replay) {
    journal::LogReader<MemoryStorage> reader(venue.log, journal::ReadMode::follow);
    const char* why = nullptr;
    while (why == nullptr && reader.next() == journal::ReadKind::record) {
      why = replay.apply(reader.record());
    }
    return why;
  };
  Replay known(2);
  EXPECT_EQ(replay_with(known), nullptr);
  EXPECT_EQ(known.core()->state_hash(), venue.core->state_hash());
  Replay older(1);
  EXPECT_STREQ(replay_with(older),
               "the log needs rules 2, this build knows 1 to 1: use a newer build");
  EXPECT_EQ(older.core()->sequence(), before);
  EXPECT_EQ(older.core()->rule_version(), 1u);
  journal::RecordHeader header;
  header.rule_version = 3;
  EXPECT_STREQ(engine::rules_problem(header, core::kNewestRules),
               "the log needs rules 3, this build knows 1 to 2: use a newer build");
}

}  // namespace
}  // namespace saker::follower
