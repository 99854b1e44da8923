// The transport against bare frames: what it puts on the wire, and what it answers and hands on.
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include <rte_mbuf.h>
#include <rte_ring.h>

#include "net/dpdk/eal.hpp"
#include "net/dpdk/test_frames.hpp"
#include "net/dpdk/test_wire.hpp"

namespace saker::net {
namespace {

using testing::kA;
using testing::kB;
using testing::text;
using testing::text_of;

/// Side a has a transport, side b is the test's own hands.
class RawWire {
 public:
  explicit RawWire(const std::string& name) {
    config = testing::small_end(acquainted_wire_end(name, true));
    there_ = "saker_" + name + "_ab";
    back_ = "saker_" + name + "_ba";
  }
  ~RawWire() {
    for (FrameBytes frame = take(); !frame.empty(); frame = take()) {
    }
    if (pool_ != nullptr) release_pool(pool_);
  }

  DpdkConfig config;  // to be changed before open()

  std::unique_ptr<DpdkTransport> open() {
    auto transport = testing::open(config);
    if (pool_ == nullptr) pool_ = take_pool(PoolKind::receive, 512, -1);
    EXPECT_NE(pool_, nullptr);
    return transport;
  }
  /// Lays a frame before the transport.
  void give(const FrameBytes& bytes) {
    rte_mbuf* frame = rte_pktmbuf_alloc(pool_);
    ASSERT_NE(frame, nullptr);
    std::memcpy(rte_pktmbuf_append(frame, static_cast<std::uint16_t>(bytes.size())),
                bytes.data(), bytes.size());
    ASSERT_EQ(rte_ring_enqueue(rte_ring_lookup(back_.c_str()), frame), 0);
  }
  /// What the transport has sent next; empty: nothing.
  FrameBytes take() {
    void* taken = nullptr;
    rte_ring* ring = rte_ring_lookup(there_.c_str());
    if (ring == nullptr || rte_ring_dequeue(ring, &taken) != 0) return {};
    auto* frame = static_cast<rte_mbuf*>(taken);
    const auto* bytes = rte_pktmbuf_mtod(frame, const std::byte*);
    FrameBytes copy(bytes, bytes + frame->data_len);
    rte_pktmbuf_free(frame);
    return copy;
  }

 private:
  std::string there_;
  std::string back_;
  rte_mempool* pool_ = nullptr;
};

UdpHeaders to_a() {
  UdpHeaders headers;
  headers.from_mac = kPeerMac;
  headers.to_mac = kOurMac;
  headers.from = kB;
  headers.to = kA;
  return headers;
}

TEST(RawWire, ShortFramesArePaddedWithZeros) {
  RawWire wire("padded");
  const auto transport = wire.open();
  ASSERT_NE(transport, nullptr);
  const std::string longer(200, 'x');  // what the buffer held before
  ASSERT_TRUE(transport->send(kB, text(longer)));
  transport->flush();
  EXPECT_EQ(wire.take().size(), 242u);
  ASSERT_TRUE(transport->send(kB, text("y")));
  transport->flush();
  const FrameBytes frame = wire.take();
  ASSERT_EQ(frame.size(), kShortestFrame);
  EXPECT_EQ(frame[42], std::byte{'y'});
  for (std::size_t i = 43; i < frame.size(); ++i) EXPECT_EQ(frame[i], std::byte{0}) << i;
}

TEST(RawWire, PayloadsLieOnEightBytesHoweverTheFrameLay) {
  RawWire wire("aligned");
  const auto transport = wire.open();
  ASSERT_NE(transport, nullptr);
  wire.give(udp_frame(to_a(), text("eight")));
  const auto got = transport->receive();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(text_of(got[0]), "eight");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got[0].data) % 8, 0u);
}

TEST(RawWire, PingsAreAnsweredSoOftenAndNoMore) {
  RawWire wire("pings");
  const auto transport = wire.open();
  ASSERT_NE(transport, nullptr);
  const FrameBytes ping = echo_request(to_a(), 56);
  const TimeNs start_ns = MonotonicClock().now_ns();
  std::uint64_t answers = 0;
  for (int pings = 0; pings < 20'000; ++pings) {
    wire.give(ping);
    transport->receive();
    transport->flush();
    answers += wire.take().empty() ? 0 : 1;
  }
  const std::uint64_t seconds = (MonotonicClock().now_ns() - start_ns) / 1'000'000'000;
  EXPECT_GE(answers, 1'000u);
  EXPECT_LE(answers, 1'000 * (seconds + 2));
  EXPECT_EQ(transport->counters().icmp_replies, answers);
  EXPECT_EQ(transport->dropped(FrameDrop::answer_limited), 20'000 - answers);
}

TEST(RawWire, WhoIsNotAllowedMayNotEvenPing) {
  RawWire wire("stranger");
  wire.config.allow = {{kB.address + 1, 0xFFFFFFFF}};
  const auto transport = wire.open();
  ASSERT_NE(transport, nullptr);
  wire.give(echo_request(to_a(), 56));
  transport->receive();
  transport->flush();
  EXPECT_TRUE(wire.take().empty());
  EXPECT_EQ(transport->dropped(FrameDrop::not_allowed), 1u);
}

TEST(RawWire, AGroupReachesOnlyTheTransportThatJoinedIt) {
  constexpr std::uint32_t kGroup = 0xEF010203;
  RawWire wire("joined");
  const auto orders = wire.open();
  wire.config.port = 5'000;
  wire.config.join_group = kGroup;
  const auto feed = wire.open();
  ASSERT_TRUE(orders && feed);
  UdpHeaders headers = to_a();
  headers.to_mac = multicast_mac(kGroup);
  for (const std::uint16_t port : {kA.port, wire.config.port}) {
    headers.to = {kGroup, port};
    wire.give(udp_frame(headers, text("to the group")));
  }
  EXPECT_TRUE(orders->receive().empty());
  EXPECT_EQ(feed->receive().size(), 1u);
  EXPECT_EQ(feed->dropped(FrameDrop::wrong_port), 1u);
}

TEST(RawWire, NothingIsSentWhileTheCardIsAway) {
  RawWire wire("away");
  const auto transport = wire.open();
  ASSERT_NE(transport, nullptr);
  std::atomic<bool> stop{false};
  transport->request_reset();
  std::thread control([&] {
    while (!stop) transport->control_poll();
  });
  while (transport->counters().quiet_polls == 0) transport->receive();
  // Whatever the other thread does by now, it was told that we keep away until we look again.
  const std::uint64_t before = transport->counters().sent;
  EXPECT_TRUE(transport->send(kB, text("later")));
  transport->flush();
  EXPECT_EQ(transport->counters().sent, before);
  while (transport->counters().resets == 0) transport->receive();
  stop = true;
  control.join();
  transport->receive();
  transport->flush();
  EXPECT_GT(transport->counters().sent, before);
}

TEST(RawWire, ACardIsNotResetWhileItsOwnerMayBeAtIt) {
  RawWire wire("owned");
  const auto transport = wire.open();
  ASSERT_NE(transport, nullptr);
  transport->request_reset();
  transport->control_poll();
  EXPECT_EQ(transport->counters().resets, 0u) << "the owner has not said that it keeps away";
  transport->receive();
  transport->control_poll();
  EXPECT_EQ(transport->counters().resets, 1u);
}

TEST(RawWire, WhoSleepsIsWoken) {
  RawWire wire("woken");
  wire.config.one_core = true;
  const auto transport = wire.open();
  ASSERT_NE(transport, nullptr);
  const int wake_fd = ::eventfd(1, EFD_NONBLOCK);
  EXPECT_TRUE(transport->wait(20'000'000'000, wake_fd));
  ::close(wake_fd);
}

}  // namespace
}  // namespace saker::net
