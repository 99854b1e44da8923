// What this process knows of each session: volatile, rebuilt by logons after a restart. All that
// must survive (sequence windows, decisions, rights) is core state.
#pragma once

#include <memory>
#include <span>

#include "engine/session/token_bucket.hpp"
#include "proto/keys.hpp"

namespace saker::engine {

struct SessionSlot {
  bool bound = false;               // logged on at this process
  bool awaited = false;             // connected when this process started, not back yet
  net::Endpoint peer;               // where it logged on from
  proto::KeyPair keys;              // of keys_epoch and keys_connection; while bound, the present
  proto::KeyPair logon_keys;
  std::uint32_t keys_epoch = 0;     // 0: keys are not derived yet
  std::uint64_t keys_connection = 0;
  std::uint64_t connection = 0;     // of the present logon
  std::uint64_t logon_nonce = 0;    // of the confirm that made it
  TimeNs last_heard_ns = 0;
  TimeNs last_sent_ns = 0;
  TimeNs last_refused_ns = 0;
  std::uint64_t heartbeat_in = 0;   // highest counter heard on this connection
  std::uint64_t heartbeat_out = 0;
  std::uint64_t subscribe_counter = 0;
  std::uint64_t acknowledged = 0;   // client has every report up to here
  std::uint64_t next_report = 1;    // next report to release
  std::uint32_t heartbeat_ms = 0;
  bool tail_unproven = false;       // reports went out, no heartbeat after them yet
  TokenBucket orders;
  TokenBucket cancels;
  TokenBucket answers;  // of numbers asked for again: replays must not eat up the other two
};

class SessionTable {
 public:
  explicit SessionTable(std::uint32_t capacity)
      : size_(capacity + 1), slots_(std::make_unique<SessionSlot[]>(size_)) {}

  /// Ids run from 1 to size() - 1; the caller has checked the range.
  SessionSlot& operator[](std::uint32_t session) { return slots_[session]; }
  const SessionSlot& operator[](std::uint32_t session) const { return slots_[session]; }
  std::uint32_t size() const { return size_; }
  std::uint32_t bound_count() const { return bound_count_; }

  void bind(std::uint32_t session, net::Endpoint peer, TimeNs now_ns) {
    SessionSlot& slot = slots_[session];
    if (!slot.bound) ++bound_count_;
    slot.bound = true;
    slot.awaited = false;
    slot.peer = peer;
    slot.last_heard_ns = now_ns;
    slot.last_sent_ns = now_ns;
    slot.heartbeat_in = 0;
    slot.heartbeat_out = 0;
    slot.subscribe_counter = 0;
    slot.tail_unproven = false;
  }
  void unbind(std::uint32_t session) {
    if (!slots_[session].bound) return;
    slots_[session].bound = false;
    --bound_count_;
  }

 private:
  const std::uint32_t size_;
  std::uint32_t bound_count_ = 0;
  const std::unique_ptr<SessionSlot[]> slots_;
};

}  // namespace saker::engine
