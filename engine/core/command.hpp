// One sequenced command as the core sees it and as the log stores it.
//
// A log record's payload is a CommandEnvelope followed by the schema struct that belongs to the
// record's type (proto::CommandKind): the very bytes that came over the wire. The record header
// carries sequence, timestamp, epoch and rule version.
#pragma once

#include "common/bytes.hpp"
#include "common/types.hpp"
#include "order_entry_generated.h"

namespace saker::core {

/// Who sent a command and when it reached us. Part of the log, so inputs like every other.
struct CommandEnvelope {
  std::uint64_t client_sequence = 0;  // 0: issued by the engine itself
  std::uint64_t received_ns = 0;      // UTC; 0 when issued by the engine itself
  std::uint32_t session = 0;          // 0: the engine itself (genesis, clock, jobs)
  std::uint8_t received_source = 0;   // proto::TimestampSource
  std::uint8_t clock_quality = 0;     // 0 unknown, 1 synchronised, 2 holdover
  std::uint16_t reserved = 0;
};
static_assert(sizeof(CommandEnvelope) == 24);

/// Largest body of any command, bytes (AddMarket).
inline constexpr std::size_t kMaxCommandBody = 152;

struct Command {
  Sequence sequence = 0;  // rises by one
  TimeNs time_ns = 0;     // never falls
  proto::CommandKind kind = proto::CommandKind::None;
  CommandEnvelope envelope;
  Bytes body;             // exactly body_size(kind) bytes, 8-byte aligned

  template <class T>
  const T& as() const {
    return *reinterpret_cast<const T*>(body.data());
  }
};

/// Bytes of the body struct of `kind`; 0 for a kind that does not exist.
std::size_t body_size(proto::CommandKind kind);

/// True for kinds that a client may send (trading and administration).
bool is_client_command(proto::CommandKind kind);

/// True for the kinds that free resources, which use the reserved room when room is short:
/// cancels, mass cancels and administration.
bool uses_reserved_room(proto::CommandKind kind);

}  // namespace saker::core
