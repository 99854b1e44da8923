// The bad network: what it does to datagrams, in both directions, is what it counts.
#include "net/impaired.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>

namespace saker::net {
namespace {

/// Hands out what a test puts in, keeps what is sent.
class Cable {
 public:
  std::deque<std::uint64_t> inbound;
  std::vector<std::uint64_t> outbound;
  std::size_t flushes = 0;

  std::span<Datagram> receive() {
    datagrams_.clear();
    for (std::size_t i = 0; i < slots_.size() && !inbound.empty(); ++i) {
      slots_[i] = inbound.front();
      inbound.pop_front();
      Datagram datagram;
      datagram.data = reinterpret_cast<std::byte*>(&slots_[i]);
      datagram.size = sizeof slots_[i];
      datagram.peer = kPeer;
      datagram.received_ns = slots_[i];
      datagrams_.push_back(datagram);
    }
    return datagrams_;
  }
  std::span<std::byte> reserve() { return built_; }
  void commit(Endpoint, std::size_t size) {
    std::uint64_t number = 0;
    ASSERT_EQ(size, sizeof number);
    std::memcpy(&number, built_, size);
    outbound.push_back(number);
  }
  bool send(Endpoint to, std::span<const std::byte> bytes) { return send_copy(*this, to, bytes); }
  std::size_t send_each(std::span<const Endpoint> to, std::span<const std::byte> bytes) {
    return send_copies(*this, to, bytes);
  }
  void flush() { ++flushes; }

  static constexpr Endpoint kPeer{0x7F000001, 9};

 private:
  std::array<std::uint64_t, 8> slots_{};
  std::vector<Datagram> datagrams_;
  alignas(64) std::byte built_[kMaxDatagram];
};
static_assert(Transport<Cable> && Transport<Impaired<Cable>>);

constexpr std::uint64_t kMany = 20'000;

std::uint64_t number_of(const Datagram& datagram) {
  std::uint64_t number = 0;
  EXPECT_EQ(datagram.size, sizeof number);
  EXPECT_EQ(datagram.peer, Cable::kPeer);
  std::memcpy(&number, datagram.data, sizeof number);
  EXPECT_EQ(datagram.received_ns, number) << "the stamp travels with its datagram";
  return number;
}

/// Everything that comes of kMany datagrams, whoever writes into them.
std::vector<std::uint64_t> receive_all(Impaired<Cable>& impaired, Cable& cable) {
  for (std::uint64_t i = 1; i <= kMany; ++i) cable.inbound.push_back(i);
  std::vector<std::uint64_t> numbers;
  for (int idle = 0; idle < 2'000; ++idle) {
    for (const Datagram& datagram : impaired.receive()) {
      numbers.push_back(number_of(datagram));
      std::memset(datagram.data, 0xFF, datagram.size);
      idle = 0;
    }
  }
  return numbers;
}

std::vector<std::uint64_t> send_all(Impaired<Cable>& impaired, Cable& cable) {
  for (std::uint64_t i = 1; i <= kMany; ++i) {
    EXPECT_TRUE(impaired.send(Cable::kPeer, std::as_bytes(std::span(&i, 1))));
    if (i % 5 == 0) impaired.flush();
  }
  for (int i = 0; i < 2'000; ++i) impaired.flush();
  return cable.outbound;
}

void expect_as_counted(const std::vector<std::uint64_t>& numbers, const ImpairedCounters& counted,
                       double share) {
  std::map<std::uint64_t, int> copies;
  for (const std::uint64_t number : numbers) ++copies[number];
  std::uint64_t doubled = 0;
  for (const auto& [number, times] : copies) {
    ASSERT_LE(times, 2) << number;
    doubled += times == 2;
  }
  EXPECT_EQ(kMany - copies.size(), counted.lost);
  EXPECT_EQ(doubled, counted.doubled);
  EXPECT_EQ(counted.passed + counted.lost + counted.doubled + counted.reordered, kMany);
  for (const std::uint64_t count : {counted.lost, counted.doubled, counted.reordered}) {
    EXPECT_NEAR(static_cast<double>(count), share * kMany, share * kMany / 4);
  }
  std::uint64_t behind = 0, furthest = 0, highest = 0;
  for (const std::uint64_t number : numbers) {
    if (number < highest) ++behind, furthest = std::max(furthest, highest - number);
    highest = std::max(highest, number);
  }
  EXPECT_GE(behind, counted.reordered / 2) << "what is held back is overtaken";
  EXPECT_LE(furthest, 64u) << "and not held for ever";
}

TEST(Impaired, InboundIsAsCounted) {
  Cable cable;
  Impaired<Cable> impaired(cable, {7, {0.05, 0.05, 0.05}, {}});
  expect_as_counted(receive_all(impaired, cable), impaired.inbound(), 0.05);
  EXPECT_EQ(impaired.outbound().passed, 0u);
}

TEST(Impaired, OutboundIsAsCounted) {
  Cable cable;
  Impaired<Cable> impaired(cable, {7, {}, {0.05, 0.05, 0.05}});
  expect_as_counted(send_all(impaired, cable), impaired.outbound(), 0.05);
  EXPECT_EQ(cable.flushes, kMany / 5 + 2'000);
}

TEST(Impaired, WithoutImpairmentNothingChanges) {
  Cable cable;
  Impaired<Cable> impaired(cable, {});
  const auto numbers = receive_all(impaired, cable);
  ASSERT_EQ(numbers.size(), kMany);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(send_all(impaired, cable), numbers);
}

TEST(Impaired, ASeedDecidesEverything) {
  const auto once = [](std::uint64_t seed) {
    Cable cable;
    Impaired<Cable> impaired(cable, {seed, {0.1, 0.1, 0.1}, {0.1, 0.1, 0.1}});
    auto numbers = receive_all(impaired, cable);
    const auto sent = send_all(impaired, cable);
    numbers.insert(numbers.end(), sent.begin(), sent.end());
    return numbers;
  };
  EXPECT_EQ(once(3), once(3));
  EXPECT_NE(once(3), once(4));
}

TEST(Impaired, TheLastOneIsNotHeldForEver) {
  Cable cable;
  Impaired<Cable> impaired(cable, {1, {0, 0, 1}, {0, 0, 1}});
  cable.inbound.push_back(42);
  std::uint64_t got = 0;
  int turns = 0;
  for (; got == 0 && turns < 2'000; ++turns) {
    for (const Datagram& datagram : impaired.receive()) got = number_of(datagram);
  }
  EXPECT_EQ(got, 42u);
  EXPECT_GT(turns, 100);
  const std::uint64_t number = 43;
  impaired.send(Cable::kPeer, std::as_bytes(std::span(&number, 1)));
  for (int i = 0; i < 2'000; ++i) impaired.flush();
  EXPECT_EQ(cable.outbound, std::vector<std::uint64_t>{43});
}

}  // namespace
}  // namespace saker::net
