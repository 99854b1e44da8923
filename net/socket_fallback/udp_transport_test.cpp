// The socket transport over loopback, and endpoints as text.
#include "net/socket_fallback/udp_transport.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "common/allocation_count.hpp"
#include "common/clock.hpp"
#include "common/wake_fd.hpp"

namespace saker::net {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

std::unique_ptr<UdpTransport> open(UdpConfig config = {}) {
  if (config.bind.address == 0) config.bind.address = kLoopbackAddress;
  std::string error;
  auto transport = UdpTransport::open(config, error);
  EXPECT_NE(transport, nullptr) << error;
  return transport;
}

std::vector<std::byte> message(std::size_t size, unsigned seed) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(seed * 31 + i * 7);
  return bytes;
}

/// Receives one burst, waiting for it.
std::span<Datagram> next_burst(UdpTransport& transport) {
  for (int i = 0; i < 100; ++i) {
    const auto burst = transport.receive();
    if (!burst.empty()) return burst;
    transport.wait(kSecond / 10);
  }
  return {};
}

TEST(Endpoint, TextRoundTrips) {
  for (const char* text : {"0.0.0.0:0", "127.0.0.1:3001", "255.255.255.255:65535", "10.1.20.3:9"}) {
    Endpoint endpoint;
    ASSERT_TRUE(parse_endpoint(text, endpoint)) << text;
    EXPECT_EQ(endpoint_text(endpoint), text);
  }
  Endpoint endpoint;
  ASSERT_TRUE(parse_endpoint("127.0.0.1:3001", endpoint));
  EXPECT_EQ(endpoint, (Endpoint{kLoopbackAddress, 3001}));
}

TEST(Endpoint, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "127.0.0.1", "127.0.0.1:", ":1", "127.0.0:1", "127.0.0.1.1:1", "256.0.0.1:1",
        "127.0.0.01:1", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:1 ", " 127.0.0.1:1",
        "127.0.0.1:+1", "localhost:1", "127.0.0.1:1:1", "0x7f.0.0.1:1", "127..0.1:1",
        "99999999999.0.0.1:1"}) {
    Endpoint endpoint;
    EXPECT_FALSE(parse_endpoint(text, endpoint)) << text;
  }
  EXPECT_TRUE(is_multicast(0xE0000001));
  EXPECT_TRUE(is_multicast(0xEFFFFFFF));
  EXPECT_FALSE(is_multicast(0xF0000000));
  EXPECT_FALSE(is_multicast(kLoopbackAddress));
}

TEST(UdpTransport, DeliversBurstsInOrderWithPeerAndTime) {
  const auto a = open();
  const auto b = open();
  const TimeNs before_ns = UtcClock().now_ns();
  for (unsigned i = 0; i < 50; ++i) {
    ASSERT_TRUE(a->send(b->local(), message(1 + i * 28, i)));
  }
  a->flush();
  unsigned seen = 0;
  while (seen < 50) {
    const auto burst = next_burst(*b);
    ASSERT_FALSE(burst.empty());
    for (const Datagram& datagram : burst) {
      const auto expected = message(1 + seen * 28, seen);
      ASSERT_EQ(datagram.size, expected.size());
      EXPECT_EQ(std::memcmp(datagram.data, expected.data(), expected.size()), 0);
      EXPECT_EQ(datagram.peer, a->local());
      EXPECT_EQ(datagram.received_source, 2);
      EXPECT_GE(datagram.received_ns + kSecond, before_ns);
      EXPECT_LE(datagram.received_ns, UtcClock().now_ns() + kSecond);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(datagram.data) % kCacheLine, 0u);
      ++seen;
    }
  }
  EXPECT_EQ(a->counters().sent, 50u);
  EXPECT_EQ(b->counters().received, 50u);
  EXPECT_EQ(a->counters().sent_bytes, b->counters().received_bytes);
  EXPECT_TRUE(b->receive().empty());
}

TEST(UdpTransport, SendFlushesByItselfWhenTheBurstIsFull) {
  UdpConfig config;
  config.burst = 4;
  const auto a = open(config);
  const auto b = open();
  for (unsigned i = 0; i < 9; ++i) ASSERT_TRUE(a->send(b->local(), message(8, i)));
  EXPECT_EQ(a->counters().sent, 8u);
  a->flush();
  EXPECT_EQ(a->counters().sent, 9u);
}

TEST(UdpTransport, WithoutKernelTimesTheSoftwareOneIsUsed) {
  UdpConfig config;
  config.kernel_timestamps = false;
  const auto a = open();
  const auto b = open(config);
  ASSERT_TRUE(a->send(b->local(), message(64, 1)));
  a->flush();
  const auto burst = next_burst(*b);
  ASSERT_EQ(burst.size(), 1u);
  EXPECT_EQ(burst[0].received_source, 1);
  EXPECT_LT(UtcClock().now_ns() - burst[0].received_ns, 60 * kSecond);
}

/// Sends through a plain socket, which does not stop at kMaxDatagram.
void send_raw(Endpoint to, std::span<const std::byte> bytes) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ASSERT_GE(fd, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  address.sin_addr.s_addr = htonl(to.address);
  EXPECT_EQ(::sendto(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&address),
                     sizeof address),
            static_cast<ssize_t>(bytes.size()));
  ::close(fd);
}

TEST(UdpTransport, TooLongDatagramsAreMarkedAndEmptyOnesHarmless) {
  const auto b = open();
  for (const std::size_t size : {std::size_t{0}, kMaxDatagram, kMaxDatagram + 1,
                                 std::size_t{2048}, std::size_t{2049}, std::size_t{60'000}}) {
    send_raw(b->local(), message(size, 3));
    const auto burst = next_burst(*b);
    ASSERT_EQ(burst.size(), 1u);
    EXPECT_EQ(burst[0].size, size);
  }
  EXPECT_EQ(b->counters().truncated, 4u);
  EXPECT_EQ(b->counters().received, 6u);
}

TEST(UdpTransport, RefusedDatagramsAreCountedAndDoNotBlockOthers) {
  const auto a = open();
  const auto b = open();
  // Bound to loopback, a cannot reach the broadcast address.
  const Endpoint nowhere{0xFFFFFFFF, 9};
  ASSERT_TRUE(a->send(b->local(), message(16, 1)));
  ASSERT_TRUE(a->send(nowhere, message(16, 2)));
  ASSERT_TRUE(a->send(b->local(), message(16, 3)));
  a->flush();
  EXPECT_EQ(a->counters().send_errors, 1u);
  EXPECT_EQ(a->counters().sent, 2u);
  std::size_t seen = 0;
  while (seen < 2) {
    const auto burst = next_burst(*b);
    ASSERT_FALSE(burst.empty());
    seen += burst.size();
  }
}

TEST(UdpTransport, AFullReceiverLosesCountedDatagramsAndTheSenderNeverBlocks) {
  UdpConfig small;
  small.receive_buffer_bytes = 4096;
  const auto a = open();
  const auto b = open(small);
  for (unsigned i = 0; i < 2000; ++i) a->send(b->local(), message(1000, i));
  a->flush();
  std::uint64_t received = 0;
  for (auto burst = b->receive(); !burst.empty(); burst = b->receive()) received += burst.size();
  EXPECT_GT(received, 0u);
  EXPECT_LT(received, 2000u);
  // The kernel tells how many it dropped with the next datagram that it delivers.
  a->send(b->local(), message(8, 1));
  a->flush();
  ASSERT_FALSE(next_burst(*b).empty());
  EXPECT_EQ(b->counters().kernel_dropped, 2000 - received);
}

TEST(UdpTransport, WaitEndsByDatagramWakeUpOrTime) {
  const auto a = open();
  const auto b = open();
  WakeFd wake;
  EXPECT_FALSE(b->wait(1'000'000, wake.fd()));
  EXPECT_FALSE(b->wait(0));
  ASSERT_TRUE(a->send(b->local(), message(16, 1)));
  a->flush();
  EXPECT_TRUE(b->wait(10 * kSecond, wake.fd()));
  EXPECT_EQ(b->receive().size(), 1u);
  wake.prepare();
  std::thread other([&wake] {
    ::usleep(20'000);
    wake.notify();
  });
  EXPECT_TRUE(b->wait(30 * kSecond, wake.fd()));
  wake.cancel();
  other.join();
  EXPECT_FALSE(b->wait(0, wake.fd())) << "the wake-up has been taken";
}

TEST(UdpTransport, NothingIsAllocatedAfterTheStart) {
  UdpConfig config;
  config.burst = 8;
  const auto a = open(config);
  const auto b = open(config);
  const auto bytes = message(1'000, 1);
  const auto open_count = allocations();
  ASSERT_GT(open_count, 0u) << "the count works";
  std::size_t received = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 20; ++i) a->send(b->local(), bytes);
    a->flush();
    b->wait(kSecond);
    for (auto burst = b->receive(); !burst.empty(); burst = b->receive()) received += burst.size();
  }
  EXPECT_EQ(allocations(), open_count);
  EXPECT_GT(received, 0u);
}

TEST(UdpTransport, MulticastReachesEveryReceiverOfTheGroup) {
  const std::uint32_t group = 0xEF010203;  // 239.1.2.3
  UdpConfig receiver;
  receiver.bind = {group, 0};
  receiver.join_group = group;
  receiver.interface = kLoopbackAddress;
  receiver.reuse_address = true;
  const auto one = open(receiver);
  ASSERT_NE(one, nullptr);
  receiver.bind.port = one->local().port;
  const auto two = open(receiver);
  UdpConfig sender;
  sender.interface = kLoopbackAddress;
  const auto a = open(sender);
  ASSERT_TRUE(a->send({group, one->local().port}, message(99, 5)));
  a->flush();
  for (UdpTransport* to : {one.get(), two.get()}) {
    const auto burst = next_burst(*to);
    ASSERT_EQ(burst.size(), 1u);
    EXPECT_EQ(burst[0].size, 99u);
  }
}

TEST(UdpTransport, DatagramsAreBuiltInPlaceAndGoToMany) {
  const auto from = open();
  const auto one = open();
  const auto other = open();
  const std::span<std::byte> place = from->reserve();
  ASSERT_GE(place.size(), kMaxDatagram);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(place.data()) % 8, 0u);
  EXPECT_EQ(from->reserve().data(), place.data()) << "nothing was committed";
  const auto first = message(100, 1);
  std::memcpy(place.data(), first.data(), first.size());
  from->commit(one->local(), first.size());
  EXPECT_NE(from->reserve().data(), place.data());
  const auto second = message(kMaxDatagram, 2);
  const Endpoint both[] = {one->local(), other->local()};
  EXPECT_EQ(from->send_each(both, second), 2u);
  from->flush();
  std::vector<std::vector<std::byte>> got;
  while (got.size() < 2) {
    const auto burst = next_burst(*one);
    ASSERT_FALSE(burst.empty());
    for (const Datagram& d : burst) got.emplace_back(d.data, d.data + d.size);
  }
  EXPECT_EQ(got[0], first);
  EXPECT_EQ(got[1], second);
  const auto burst = next_burst(*other);
  ASSERT_EQ(burst.size(), 1u);
  EXPECT_TRUE(std::ranges::equal(second, std::span(burst[0].data, burst[0].size)));
}

TEST(UdpTransport, OpenSaysWhatIsWrong) {
  const auto a = open();
  UdpConfig config;
  config.bind = a->local();
  std::string error;
  EXPECT_EQ(UdpTransport::open(config, error), nullptr);
  EXPECT_NE(error.find(endpoint_text(a->local())), std::string::npos) << error;
  config = {};
  config.bind.address = kLoopbackAddress;
  config.join_group = kLoopbackAddress;  // not a group
  EXPECT_EQ(UdpTransport::open(config, error), nullptr);
  EXPECT_NE(error.find("127.0.0.1"), std::string::npos) << error;
}

TEST(UdpTransport, ABufferTheHostDoesNotGrantIsNoted) {
  UdpConfig config;
  config.receive_buffer_bytes = 1u << 30;
  const auto a = open(config);
  int got = 0;
  socklen_t size = sizeof got;
  ASSERT_EQ(::getsockopt(a->fd(), SOL_SOCKET, SO_RCVBUF, &got, &size), 0);
  EXPECT_EQ(a->notes().empty(), got / 2 >= (1 << 30));
}

}  // namespace
}  // namespace saker::net
