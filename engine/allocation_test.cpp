// No allocation on the hot path: every operator new while it runs is counted, and there is none.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "engine/test_world.hpp"

namespace {

bool counting = false;
std::uint64_t allocations = 0;

void* allocate(std::size_t size, std::size_t alignment) {
  if (counting) ++allocations;
  void* memory = nullptr;
  if (::posix_memalign(&memory, alignment < sizeof(void*) ? sizeof(void*) : alignment,
                       size == 0 ? 1 : size) != 0) {
    std::abort();
  }
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, 16); }
void* operator new[](std::size_t size) { return allocate(size, 16); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace saker::engine::testing {
namespace {

using proto::CommandKind;
using proto::Side;

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
    counting = true;
    world.poll();
    counting = false;
    world.write_log();
    counting = true;
    world.poll();
    counting = false;
    polled_orders += 20;
  }
  EXPECT_EQ(world.engine->metrics().orders, polled_orders);
  EXPECT_GT(world.engine->metrics().fills + world.core->next_feed_sequence(), polled_orders);
  EXPECT_EQ(allocations, 0u);
}

TEST(Allocation, TheTrapWorks) {
  const std::uint64_t before = allocations;
  counting = true;
  delete new volatile int(1);
  counting = false;
  EXPECT_EQ(allocations, before + 1);
  allocations = before;
}

}  // namespace
}  // namespace saker::engine::testing
