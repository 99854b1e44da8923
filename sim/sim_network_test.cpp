#include "sim/sim_network.hpp"

#include <gtest/gtest.h>

#include <array>

namespace saker::sim {
namespace {

constexpr net::Endpoint kA{0x0A000001, 1000};
constexpr net::Endpoint kB{0x0A000002, 2000};

struct SimNetworkTest : testing::Test {
  explicit SimNetworkTest(std::uint64_t seed = 5) : network(clock, coverage, Rng(seed)) {}

  VirtualClock clock;
  Coverage coverage;
  SimNetwork network;
  SimTransport& a = network.node(kA);
  SimTransport& b = network.node(kB);
  using Arrivals = std::vector<std::vector<std::byte>>;

  /// Sends `count` numbered datagrams from a to b and returns what arrives, in order.
  Arrivals exchange(std::uint32_t count) {
    Arrivals got;
    for (std::uint32_t i = 0; i < count; ++i) {
      std::array<std::uint32_t, 8> words{};
      words.fill(i);
      a.send(kB, std::as_bytes(std::span(words)));
      a.flush();
      clock.advance_by(1000);
      collect(got);
    }
    while (network.next_arrival() != UINT64_MAX) {
      clock.advance_to(std::max(clock.now(), network.next_arrival()));
      collect(got);
    }
    return got;
  }
  void collect(Arrivals& got) {
    network.deliver_due();
    for (auto burst = b.receive(); !burst.empty(); burst = b.receive()) {
      for (const net::Datagram& d : burst) got.emplace_back(d.data, d.data + d.size);
    }
  }
};

/// The same fixture as an object of its own.
struct Wire : SimNetworkTest {
  using SimNetworkTest::SimNetworkTest;
  void TestBody() override {}
};

TEST_F(SimNetworkTest, WithoutFaultsEverythingArrivesOnce) {
  EXPECT_EQ(exchange(1000).size(), 1000u);
  EXPECT_GT(coverage.get(Count::datagram_reordered), 0u);  // delays differ
}

TEST_F(SimNetworkTest, NothingMovesBeforeItsTime) {
  const std::uint32_t word = 1;
  a.send(kB, bytes_of(word));
  network.deliver_due();
  EXPECT_EQ(network.next_arrival(), UINT64_MAX);  // not flushed yet
  a.flush();
  ASSERT_GT(network.next_arrival(), clock.now());
  network.deliver_due();
  EXPECT_TRUE(b.receive().empty());
  clock.advance_to(network.next_arrival());
  network.deliver_due();
  ASSERT_EQ(b.receive().size(), 1u);
  EXPECT_TRUE(b.receive().empty());
}

TEST_F(SimNetworkTest, FaultsComeAtTheirRates) {
  NetworkFaults faults;
  faults.loss_ppm = 100'000;
  faults.duplicate_ppm = 100'000;
  faults.corrupt_ppm = 50'000;
  faults.truncate_ppm = 50'000;
  network.set_faults(faults);
  const auto got = exchange(10'000);
  std::size_t damaged = 0;
  for (const auto& bytes : got) {
    bool same = bytes.size() == 32;
    for (std::size_t i = 0; same && i < 32; ++i) same = bytes[i] == bytes[i % 4];
    damaged += !same;
  }
  EXPECT_NEAR(static_cast<double>(coverage.get(Count::datagram_lost)), 1000, 150);
  EXPECT_NEAR(static_cast<double>(coverage.get(Count::datagram_duplicated)), 1000, 200);
  EXPECT_EQ(got.size(), 10'000 - coverage.get(Count::datagram_lost) +
                            coverage.get(Count::datagram_duplicated));
  EXPECT_NEAR(static_cast<double>(damaged), 0.1 * static_cast<double>(got.size()), 200);
}

TEST_F(SimNetworkTest, APartitionCutsBothWaysAndHeals) {
  network.partition(kB, true);
  EXPECT_TRUE(exchange(10).empty());
  EXPECT_EQ(coverage.get(Count::datagram_partitioned), 10u);
  network.partition(kB, false);
  EXPECT_EQ(exchange(10).size(), 10u);
}

TEST_F(SimNetworkTest, AnAttackerCanSpeakInAnothersName) {
  const std::uint32_t word = 9;
  network.inject(kA, kB, bytes_of(word), Count::datagram_forged);
  clock.advance_to(network.next_arrival());
  network.deliver_due();
  const auto burst = b.receive();
  ASSERT_EQ(burst.size(), 1u);
  EXPECT_EQ(burst[0].peer, kA);
}

TEST_F(SimNetworkTest, OneSeedOneStory) {
  const NetworkFaults faults{.loss_ppm = 50'000, .duplicate_ppm = 50'000, .corrupt_ppm = 50'000,
                             .truncate_ppm = 50'000, .slow_ppm = 50'000};
  Wire first(11), second(11), third(12);
  for (Wire* wire : {&first, &second, &third}) wire->network.set_faults(faults);
  const Arrivals story = first.exchange(2000);
  EXPECT_EQ(story, second.exchange(2000));
  EXPECT_NE(story, third.exchange(2000));
}

}  // namespace
}  // namespace saker::sim
