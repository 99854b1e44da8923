// Stamps as a driver would write them, on buffers made here.
#include "net/dpdk/nic_stamps.hpp"

#include <gtest/gtest.h>

#include "net/dpdk/eal.hpp"
#include "net/dpdk/test_wire.hpp"

namespace saker::net {
namespace {

TEST(NicStamps, BecomeUtc) {
  std::string error;
  ASSERT_NE(start_eal(testing::wire_config("stamps", true), error), nullptr) << error;
  int offset = -1;
  std::uint64_t flag = 0;
  ASSERT_EQ(rte_mbuf_dyn_rx_timestamp_register(&offset, &flag), 0);
  NicStamps stamps;
  rte_mbuf frame{};
  TimeNs received_ns = 0;
  constexpr TimeNs kStart = 1'700'000'000'000'000'000;
  stamps.clock.update(0, kStart);  // a clock of 1 GHz
  stamps.clock.update(20'000'000, kStart + 20'000'000);
  const auto stamp = [&](std::uint64_t ticks) {
    frame.ol_flags = flag;
    *RTE_MBUF_DYNFIELD(&frame, offset, rte_mbuf_timestamp_t*) = ticks;
  };
  stamp(30'000'000);
  EXPECT_FALSE(stamps.read(frame, kStart + 30'000'900, received_ns));  // not enabled
  ASSERT_TRUE(stamps.enable());
  ASSERT_TRUE(stamps.read(frame, kStart + 30'000'900, received_ns));
  EXPECT_NEAR(static_cast<double>(received_ns - kStart), 30e6, 2);
  frame.ol_flags = 0;
  EXPECT_FALSE(stamps.read(frame, kStart + 30'000'900, received_ns));  // not stamped
  stamp(31'000'000);
  EXPECT_FALSE(stamps.read(frame, kStart + 30'000'900, received_ns));  // from the future
  stamp(30'000'000);
  EXPECT_FALSE(stamps.read(frame, kStart + 2'000'000'000, received_ns));  // too old
  stamps.disable();
  EXPECT_FALSE(stamps.read(frame, kStart + 30'000'900, received_ns));
}

}  // namespace
}  // namespace saker::net
