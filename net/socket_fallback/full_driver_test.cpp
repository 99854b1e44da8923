// A driver that takes little or nothing: sendmmsg is replaced by one that the test can narrow.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <vector>

#include "net/socket_fallback/udp_transport.hpp"

namespace {

unsigned room = UINT_MAX;     // datagrams the driver still takes before it is full
unsigned at_once = UINT_MAX;  // most of one call
int full_errno = EAGAIN;
unsigned calls = 0;

}  // namespace

extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  ++calls;
  const unsigned taken = std::min({count, room, at_once});
  if (taken == 0) {
    errno = full_errno;
    return -1;
  }
  if (room != UINT_MAX) room -= taken;
  return static_cast<int>(::syscall(SYS_sendmmsg, fd, messages, taken, flags));
}

namespace saker::net {
namespace {

class FullDriver : public ::testing::Test {
 protected:
  FullDriver() {
    UdpConfig config;
    config.bind.address = kLoopbackAddress;
    to_ = UdpTransport::open(config, error_);
    config.burst = 8;
    from_ = UdpTransport::open(config, error_);
    calls = 0;
  }
  ~FullDriver() override {
    room = UINT_MAX;
    at_once = UINT_MAX;
    full_errno = EAGAIN;
  }

  bool send(std::uint32_t n) { return from_->send(to_->local(), std::as_bytes(std::span(&n, 1))); }

  /// Everything that has arrived.
  std::vector<std::uint32_t> arrived() {
    std::vector<std::uint32_t> numbers;
    for (auto burst = to_->receive(); !burst.empty(); burst = to_->receive()) {
      for (const Datagram& datagram : burst) {
        numbers.emplace_back();
        EXPECT_EQ(datagram.size, 4u);
        std::memcpy(&numbers.back(), datagram.data, 4);
      }
    }
    return numbers;
  }
  static std::vector<std::uint32_t> count_up(std::uint32_t from, std::uint32_t to) {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t n = from; n < to; ++n) numbers.push_back(n);
    return numbers;
  }

  std::string error_;
  std::unique_ptr<UdpTransport> to_;
  std::unique_ptr<UdpTransport> from_;
};

TEST_F(FullDriver, SmallBitesAreTakenOneAfterTheOther) {
  at_once = 3;
  for (std::uint32_t n = 0; n < 8; ++n) ASSERT_TRUE(send(n));
  from_->flush();
  EXPECT_EQ(arrived(), count_up(0, 8));
  EXPECT_EQ(calls, 3u);
  EXPECT_EQ(from_->counters().sent, 8u);
  EXPECT_EQ(from_->counters().sent_bytes, 32u);
}

TEST_F(FullDriver, WhatIsLeftGoesFirstNextTime) {
  for (const int error : {EAGAIN, ENOBUFS}) {
    full_errno = error;
    room = 5;
    for (std::uint32_t n = 0; n < 8; ++n) ASSERT_TRUE(send(n));
    from_->flush();
    EXPECT_EQ(arrived(), count_up(0, 5));
    room = UINT_MAX;
    // The rest is in the way of a whole burst: it moves to the front and leaves room.
    for (std::uint32_t n = 8; n < 13; ++n) ASSERT_TRUE(send(n));
    from_->flush();
    EXPECT_EQ(arrived(), count_up(5, 13));
  }
  EXPECT_EQ(from_->counters().send_full, 2u);
  EXPECT_EQ(from_->counters().send_dropped, 0u);
}

TEST_F(FullDriver, AQueueThatIsFullInTheMiddleKeepsItsOrder) {
  room = 3;
  for (std::uint32_t n = 0; n < 8; ++n) ASSERT_TRUE(send(n));
  from_->flush();
  room = 2;
  // Three slots are free only after the move to the front; the flush in between sends two more.
  for (std::uint32_t n = 8; n < 13; ++n) ASSERT_TRUE(send(n)) << n;
  EXPECT_FALSE(send(13)) << "now it is full";
  EXPECT_EQ(arrived(), count_up(0, 5));
  room = UINT_MAX;
  from_->flush();
  EXPECT_EQ(arrived(), count_up(5, 13));
}

TEST_F(FullDriver, NothingTakenIsCountedAndNeverWaitedFor) {
  room = 0;
  for (std::uint32_t n = 0; n < 8; ++n) ASSERT_TRUE(send(n));
  for (std::uint32_t n = 8; n < 20; ++n) EXPECT_FALSE(send(n));
  EXPECT_EQ(from_->counters().send_dropped, 12u);
  EXPECT_LE(calls, 12u * 4) << "a few tries per flush, no more";
  room = UINT_MAX;
  from_->flush();
  EXPECT_EQ(arrived(), count_up(0, 8)) << "what was queued is sent once";
  EXPECT_EQ(from_->counters().sent, 8u);
}

TEST_F(FullDriver, WaitEndsWhenTheDriverTakesAgain) {
  room = 0;
  ASSERT_TRUE(send(1));
  from_->flush();
  room = UINT_MAX;
  EXPECT_TRUE(from_->wait(60'000'000'000)) << "the socket is writable";
  from_->flush();
  EXPECT_EQ(arrived(), count_up(1, 2));
}

}  // namespace
}  // namespace saker::net
