#pragma once

#include "common/types.hpp"

namespace saker::events {

/// A place in the journal of a shard: everything up to `sequence` has been taken.
struct Cursor {
  std::uint16_t shard = 0;
  Sequence sequence = 0;
  std::uint32_t epoch = 0;               // of `sequence`; 0 while nothing has been taken
  std::uint64_t log_id = 0;
  Sequence entry_sequence = 0;           // of the last command that had an entry; 0: none yet
  std::uint64_t entry_chain_head = 0;    // after that command
  TimeNs time_ns = 0;                    // of the last batch
  bool operator==(const Cursor&) const = default;
};

}  // namespace saker::events
