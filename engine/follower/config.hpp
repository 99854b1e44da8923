// What the follower is told at start: plain values; load_follower_config() fills them from
// follower.toml, tests and the simulator directly.
#pragma once

#include <string>
#include <vector>

#include "engine/core/rules.hpp"
#include "engine/follower/history.hpp"

namespace saker::follower {

/// What one session may ask, where that is not what all may.
struct SessionRate {
  std::uint32_t session = 0;
  std::uint32_t per_second = 0;  // 0: no limit
  std::uint32_t burst = 1;
};

struct QueryConfig {
  std::uint32_t per_second = 500;       // questions of one session; 0: no limit
  std::uint32_t burst = 1'000;          // that it may have saved up
  std::uint32_t snapshot_cost = 8;      // questions that a freshly made snapshot counts for
  std::uint32_t wait_ms = 250;          // longest wait for a sequence before NotYet
  std::vector<SessionRate> session_rates;
  std::uint32_t max_waiting = 2'048;    // questions waiting at one time; of one session half of it
  std::uint32_t activity_burst = 128;   // most datagrams that one question for activity brings
  std::uint32_t snapshot_slots = 256;   // paged answers kept at one time
  std::uint32_t snapshot_ttl_ms = 10'000;  // after the last page asked for
  std::uint32_t snapshot_share_ms = 20;    // one so young serves others who ask the same
  std::uint64_t snapshot_bytes = 256u << 20;  // of all slots together
  bool untagged = false;                // benchmarks only
};

struct FollowerConfig {
  std::uint16_t shard = 0;
  std::uint64_t build_hash = 0;
  std::uint32_t newest_rules = core::kNewestRules;  // a log that needs later ones is not followed
  std::uint32_t records_per_poll = 1'024;  // of the log, before the network gets its turn
  std::uint64_t snapshot_commands = 1'000'000;  // a snapshot after so many commands ..
  std::uint64_t snapshot_interval_ns = 600'000'000'000;  // .. or so much time with commands
  std::uint64_t snapshot_min_commands = 10'000;  // none for fewer, not even at a clean stop
  std::uint64_t event_file_bytes = 64u << 20;
  std::uint64_t event_write_ns = 0;                // events wait so long for company ..
  std::uint64_t event_idle_write_ns = 500'000'000;  // .. commands without any so long ..
  std::uint64_t event_sync_ns = 1'000'000'000;     // .. and what is written for the disk
  HistoryLimits history;
  QueryConfig query;
};

/// What only the process needs.
struct FollowerProcessConfig {
  FollowerConfig follower;
  std::uint32_t address = 0x7F000001;       // to bind, host order
  std::uint16_t port = 0;                   // 0: base port + 2
  std::uint64_t poll_min_ns = 1'000'000;    // adaptive polling of the log
  std::uint64_t poll_max_ns = 20'000'000;
  int cpu = -1;
};

/// Throws ConfigError.
FollowerProcessConfig load_follower_config(const std::string& path);
FollowerProcessConfig parse_follower_config(std::string_view text, const std::string& name);

}  // namespace saker::follower
