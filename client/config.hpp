// What a client must know to connect, and the timers it may change.
#pragma once

#include <cstdint>

#include "net/transport.hpp"
#include "proto/keys.hpp"

namespace saker::client {

struct SessionConfig {
  std::uint32_t session = 0;
  proto::Secret secret{};             // of the session's key id
  net::Endpoint engine;               // order entry
  net::Endpoint follower;             // queries; port 0: none, gaps can then not be filled
  bool tagged = true;                 // false only for benchmarks, on both ends
  std::uint64_t nonce_seed = 0;       // random; different at every start of the program
  std::uint32_t heartbeat_ms = 1000;  // wished; the engine says what is in force

  /// First report to deliver. 0: whatever comes after the logon; ask for open orders then.
  std::uint64_t next_report_sequence = 0;
  /// Epoch in which that number was kept: in a later one the stream may have lost its end, and
  /// the number means nothing. 0 when there is none.
  std::uint32_t epoch = 0;
  /// How long a hole in the report stream may be a mere reordering.
  std::uint64_t gap_patience_ns = 2'000'000;
  std::uint64_t first_resend_ns = 20'000'000;
  std::uint64_t least_resend_ns = 2'000'000;
  std::uint64_t most_resend_ns = 1'000'000'000;
  /// So long a copy of a datagram may be on its way. A command that was sent several times counts
  /// as refused when all copies were, or the last of the others has been gone for so long.
  std::uint64_t datagram_lifetime_ns = 2'000'000'000;
  /// A new order or replacement that is refused as busy has this outcome only when a cancel of no
  /// order has used its number up: no copy of it that comes late can be applied then. Costs a
  /// command for each refused one.
  bool use_up_refused = false;
  /// A logon that was refused is tried again after this.
  std::uint64_t refused_retry_ns = 1'000'000'000;
  /// Powers of two. Undecided commands must lie within so many numbers of each other; reports wait
  /// for earlier ones up to so many ahead. Less saves memory where one process has many sessions.
  std::uint32_t in_flight_slots = 2048;
  std::uint32_t report_slots = 1024;
  /// A question to the follower is given up after this.
  std::uint64_t query_patience_ns = 10'000'000'000;
};

}  // namespace saker::client
