// What recovery makes of a log: the state, the outputs kept, the record that cannot be replayed.
#include <gtest/gtest.h>

#include "engine/test_world.hpp"

namespace saker::engine::testing {
namespace {

using proto::CommandKind;
using proto::Side;

struct LoggedRun {
  LoggedRun() {
    world.config.session.orders = {};
    world.config.session.cancels = {};
    world.start();
    EXPECT_TRUE(client.logon());
  }
  /// Orders at many prices; most are replaced or cancelled soon after, some by ids that no order
  /// has or can have.
  void trade(int count) {
    for (int i = 0; i < count; ++i) {
      const std::uint64_t client_id = 1'000 + static_cast<std::uint64_t>(i);
      client.send(CommandKind::NewOrder,
                  limit_order(2, Side::Buy, 2'000 + i * 37 % 90, 10, client_id));
      world.commit();
      const std::uint64_t id =
          i % 7 == 0 ? UINT64_MAX - static_cast<std::uint64_t>(i)
                     : world.core->find_client_order(AccountId{2}, client_id).order_id();
      if (i % 3 == 0) {
        client.send(CommandKind::ReplaceOrder, proto::ReplaceOrder(id, 0, 0, 2'100, 5, 2, 0));
      } else if (i % 3 == 1) {
        client.send(CommandKind::CancelOrder, proto::CancelOrder(id, 0, 2, 0));
      }
      world.commit();
    }
  }
  /// `kept`: the commands whose outputs wait to be released again.
  RecoveredState recover(std::uint32_t keep, std::vector<Sequence>& kept) {
    StagingRing staging(world.config.staging_bytes);
    RecoveredState state =
        StateRecovery(world.log_storage, world.snapshot_storage, staging, keep).run();
    for (kept.clear(); !staging.empty(); staging.pop()) {
      kept.push_back(reinterpret_cast<const StagedHeader*>(staging.front())->sequence);
    }
    return state;
  }
  RecoveredState recover() {
    std::vector<Sequence> kept;
    return recover(4'096, kept);
  }
  /// A record as no engine of this build writes it.
  Sequence append(std::uint16_t type, std::uint16_t rules) {
    journal::RecordFields fields;
    fields.type = type;
    fields.rule_version = rules;
    fields.epoch = world.core->epoch();
    fields.sequence = world.core->sequence() + 1 + appended;
    fields.timestamp_ns = world.core->time_ns();
    alignas(8) const proto::AdvanceClock body(0);
    world.log->append(fields, bytes_of(core::CommandEnvelope{}), bytes_of(body));
    ++appended;
    return fields.sequence;
  }
  static constexpr auto kClock = static_cast<std::uint16_t>(CommandKind::AdvanceClock);

  World world;
  TestClient client{world, 2};
  Sequence appended = 0;
};

// Logs of every length around that of the look-ahead, and longer ones.
TEST(Recovery, StateIsTheRuns) {
  LoggedRun run;
  for (std::size_t i = 0; i < 2 * LookAhead::kCommands + 3; ++i) {
    run.trade(i < 2 * LookAhead::kCommands ? 1 : 50);
    const RecoveredState state = run.recover();
    ASSERT_EQ(state.error, "");
    ASSERT_EQ(state.core->sequence(), run.world.core->sequence());
    ASSERT_EQ(state.core->chain_head(), run.world.core->chain_head());
    ASSERT_TRUE(state.core->state_hash() == run.world.core->state_hash());
    ASSERT_EQ(state.replayed, state.core->sequence());
  }
}

// The mark says how far the log goes at least; what it lets recovery pass over is nothing that
// would have been kept without it.
TEST(Recovery, TheSameOutputsAreKeptWithAndWithoutTheMark) {
  LoggedRun run;
  run.trade(200);
  for (const std::uint32_t keep : {0u, 1u, 2u, 100u, 4'096u}) {
    std::vector<Sequence> with, without;
    ASSERT_EQ(run.recover(keep, with).error, "");  // leaves the mark at the end of the log
    ASSERT_EQ(run.recover(keep, with).error, "");
    run.world.log_storage.files().erase(journal::kMarkFile);
    ASSERT_EQ(run.recover(keep, without).error, "");
    EXPECT_EQ(with, without) << keep;
    if (keep == 0) {
      EXPECT_TRUE(with.empty());
    } else if (keep <= 100) {
      EXPECT_EQ(with.size(), keep + 1);
      EXPECT_EQ(with.back(), run.world.core->sequence());
    }
  }
}

// Commands before the bad record still wait when it is read.
TEST(Recovery, TheFirstRecordThatCannotBeReplayedIsNamed) {
  for (const int good_after : {0, 1, 40}) {
    LoggedRun run;
    run.trade(3);
    run.append(LoggedRun::kClock, 1);
    const Sequence bad = run.append(9'999, 1);
    for (int i = 0; i < good_after; ++i) run.append(LoggedRun::kClock, 1);
    run.append(LoggedRun::kClock, 99);  // a later problem, of another kind
    run.world.write_log();
    const RecoveredState state = run.recover();
    EXPECT_EQ(state.error, "the log cannot be replayed at sequence " + std::to_string(bad) +
                               ": record of a kind that this build does not know");
    EXPECT_EQ(state.core, nullptr);
    EXPECT_EQ(state.replayed, bad - 1);
  }
}

}  // namespace
}  // namespace saker::engine::testing
