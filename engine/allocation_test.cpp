// No allocation on the hot path: every operator new while it runs is counted, and there is none.
#include <gtest/gtest.h>

#include <memory>

#include "common/allocation_count.hpp"
#include "engine/test_world.hpp"

namespace saker::engine::testing {
namespace {

using proto::CommandKind;
using proto::Side;

template <class Action>
std::uint64_t allocations_of(Action&& action) {
  const std::uint64_t before = allocations();
  action();
  return allocations() - before;
}

TEST(Allocation, HotPathAllocatesNothing) {
  World world;
  world.config.session.orders = {};
  world.config.session.cancels = {};
  world.start();
  TestClient one(world, 2);
  TestClient two(world, 3);
  ASSERT_TRUE(one.logon());
  ASSERT_TRUE(two.logon());
  one.send_message(proto::PacketKind::FeedSubscribe, 1,
                   proto::FeedSubscribe(0, 0, 7'000, 7'001, 0));
  world.commit();
  std::uint64_t polled_orders = 0;
  std::uint64_t allocated = 0;
  for (int round = 0; round < 400; ++round) {
    world.network.clear();
    for (int i = 0; i < 10; ++i) {
      one.send(CommandKind::NewOrder, limit_order(2, Side::Buy, 2'400 + (round + i) % 90, 5));
      two.send(CommandKind::NewOrder, limit_order(3, Side::Sell, 2'440 + (round * i) % 90, 7));
    }
    one.send(CommandKind::CancelOrder, proto::CancelOrder(1, 0, 2, 0));
    one.send_as(one.next_sequence - 1, CommandKind::CancelOrder, proto::CancelOrder(1, 0, 2, 0));
    if (round % 20 == 0) {
      two.send(CommandKind::MassCancel,
               proto::MassCancel(1, 3, 0, proto::Scope::Account, 0, 0, 0));
    }
    one.heartbeat();
    world.clock.time_ns += 30'000'000;
    allocated += allocations_of([&world] { world.poll(); });
    world.write_log();
    allocated += allocations_of([&world] { world.poll(); });
    polled_orders += 20;
  }
  EXPECT_EQ(world.engine->metrics().orders, polled_orders);
  EXPECT_GT(world.engine->metrics().fills + world.core->next_feed_sequence(), polled_orders);
  EXPECT_EQ(allocated, 0u);
}

TEST(Allocation, TheTrapWorks) {
  std::unique_ptr<volatile int> kept;
  EXPECT_EQ(allocations_of([&kept] { kept = std::make_unique<volatile int>(1); }), 1u);
}

}  // namespace
}  // namespace saker::engine::testing
