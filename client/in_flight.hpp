// Commands that were sent and are not decided yet, by client sequence number. Fixed size; a
// number's slot is its remainder, so all undecided numbers must lie within one capacity.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "common/assert.hpp"
#include "common/bytes.hpp"
#include "common/types.hpp"
#include "order_entry_generated.h"

namespace saker::client {

/// Round-trip estimate (RFC 6298's smoothing) and the wait before a datagram is sent again.
class ResendTimer {
 public:
  ResendTimer(std::uint64_t first_ns, std::uint64_t least_ns, std::uint64_t most_ns)
      : timeout_ns_(first_ns), least_ns_(least_ns), most_ns_(most_ns) {}

  /// One clean measurement: of something sent exactly once.
  void measured(std::uint64_t round_trip_ns) {
    if (smoothed_ns_ == 0) {
      smoothed_ns_ = round_trip_ns;
      deviation_ns_ = round_trip_ns / 2;
    } else {
      const std::uint64_t off = smoothed_ns_ > round_trip_ns ? smoothed_ns_ - round_trip_ns
                                                             : round_trip_ns - smoothed_ns_;
      deviation_ns_ = (3 * deviation_ns_ + off) / 4;
      smoothed_ns_ = (7 * smoothed_ns_ + round_trip_ns) / 8;
    }
    timeout_ns_ = std::clamp(smoothed_ns_ + 4 * deviation_ns_, least_ns_, most_ns_);
  }
  /// Wait after the `sends`-th sending: doubles each time.
  std::uint64_t wait_ns(std::uint32_t sends) const {
    const std::uint32_t doublings = std::min<std::uint32_t>(sends > 0 ? sends - 1 : 0, 10);
    return std::min(timeout_ns_ << doublings, most_ns_);
  }
  std::uint64_t smoothed_ns() const { return smoothed_ns_; }

 private:
  std::uint64_t smoothed_ns_ = 0;
  std::uint64_t deviation_ns_ = 0;
  std::uint64_t timeout_ns_;
  std::uint64_t least_ns_;
  std::uint64_t most_ns_;
};

enum class InFlightState : std::uint8_t {
  kFree,
  kWaiting,    // sent, decision outstanding
  kUsingUp,    // refused; a cancel of no order is to take its number before a late copy does
  kResolving,  // outcome expired; the follower is being asked
};

struct InFlightCommand {
  std::uint64_t client_sequence = 0;
  std::uint64_t client_order_id = 0;
  std::uint64_t query = 0;         // kResolving: which question
  TimeNs first_sent_ns = 0;
  TimeNs last_sent_ns = 0;
  TimeNs next_send_ns = 0;
  std::uint32_t account = 0;
  std::uint32_t sends = 0;         // copies that may still be in the network
  std::uint32_t refusals = 0;      // busy answers to these
  proto::CommandKind kind = proto::CommandKind::None;
  InFlightState state = InFlightState::kFree;
  std::uint16_t body_size = 0;
  proto::Reason refusal = proto::Reason::NONE;  // the last one
  std::uint32_t retry_after_us = 0;             // likewise
  alignas(8) std::array<std::byte, 152> body;

  bool is_sent() const {
    return state == InFlightState::kWaiting || state == InFlightState::kUsingUp;
  }
};

class InFlightTable {
 public:
  explicit InFlightTable(std::size_t capacity = 2048) : mask_(capacity - 1), slots_(capacity) {
    SAKER_ASSERT(capacity >= 2 && (capacity & mask_) == 0);
  }

  /// The undecided command with this number, or nullptr.
  InFlightCommand* find(std::uint64_t client_sequence) {
    InFlightCommand& slot = slots_[client_sequence & mask_];
    const bool here = slot.state != InFlightState::kFree && slot.client_sequence == client_sequence;
    return here ? &slot : nullptr;
  }
  /// The same, while it is being sent.
  InFlightCommand* find_sent(std::uint64_t client_sequence) {
    InFlightCommand* command = find(client_sequence);
    return command != nullptr && command->is_sent() ? command : nullptr;
  }
  bool has_room_for(std::uint64_t client_sequence) const {
    return slots_[client_sequence & mask_].state == InFlightState::kFree;
  }
  /// Enters a command; there must be room for its number.
  InFlightCommand& add(std::uint64_t client_sequence, proto::CommandKind kind, Bytes body) {
    InFlightCommand& slot = slots_[client_sequence & mask_];
    SAKER_ASSERT(slot.state == InFlightState::kFree && body.size() <= slot.body.size());
    slot.client_sequence = client_sequence;
    slot.client_order_id = 0;
    slot.query = 0;
    slot.account = 0;
    slot.sends = 0;
    slot.refusals = 0;
    slot.last_sent_ns = 0;
    slot.kind = kind;
    slot.state = InFlightState::kWaiting;
    slot.body_size = static_cast<std::uint16_t>(body.size());
    std::memcpy(slot.body.data(), body.data(), body.size());
    lowest_ = count_ == 0 ? client_sequence : std::min(lowest_, client_sequence);
    highest_ = count_ == 0 ? client_sequence : std::max(highest_, client_sequence);
    ++count_;
    return slot;
  }
  void remove(InFlightCommand& command) {
    command.state = InFlightState::kFree;
    --count_;
    while (count_ > 0 && find(lowest_) == nullptr) ++lowest_;
  }

  /// Brings the slot of a number that is about to be added into the cache.
  void prefetch(std::uint64_t client_sequence) const {
    const auto* slot = reinterpret_cast<const char*>(&slots_[client_sequence & mask_]);
    for (std::size_t at = 0; at < sizeof(InFlightCommand); at += kCacheLine) {
      __builtin_prefetch(slot + at, 1);
    }
  }

  std::size_t size() const { return count_; }
  /// Lowest and highest undecided number; only while size() > 0. The highest may be decided.
  std::uint64_t lowest() const { return lowest_; }
  std::uint64_t highest() const { return highest_; }
  /// Calls fn(InFlightCommand&) in the order of the numbers; fn may remove the one it is given.
  template <class Fn>
  void for_each(Fn&& fn) {
    if (count_ == 0) return;
    const std::uint64_t end = highest_;
    for (std::uint64_t n = lowest_; n <= end && count_ > 0; ++n) {
      if (InFlightCommand* command = find(n)) fn(*command);
    }
  }

 private:
  const std::uint64_t mask_;
  std::vector<InFlightCommand> slots_;
  std::size_t count_ = 0;
  std::uint64_t lowest_ = 0;
  std::uint64_t highest_ = 0;
};

}  // namespace saker::client
