// Inside web/ only: the peer's end of a connection, for fuzzers.
#pragma once

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <string_view>

#include "common/assert.hpp"
#include "web/loop.hpp"

namespace saker::web {

/// Time enough for whoever is stopped for a while to be measured beside.
inline constexpr std::uint64_t kFuzzPatienceNs = 600'000'000'000;

/// Sends a piece to the other end of a pair of sockets and runs the loop until it was read there,
/// so that the next piece comes by itself. False when that end is closed.
inline bool put_piece(Loop& loop, int fd, std::string_view piece) {
  const ssize_t sent = ::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL);
  if (sent < 0) return false;
  SAKER_ASSERT(sent == static_cast<ssize_t>(piece.size()));
  const auto is_read = [fd] {
    int left = 0;
    return ::ioctl(fd, SIOCOUTQ, &left) != 0 || left == 0;
  };
  SAKER_ASSERT(loop.run_until(is_read, kFuzzPatienceNs));
  return true;
}

}  // namespace saker::web
