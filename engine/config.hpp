// What the engine is told at start: plain values, no parsing here (engine_config.hpp does that),
// so that tests and the simulator fill it in directly. Frozen after start.
#pragma once

#include <array>
#include <cstdint>

#include "common/types.hpp"
#include "engine/core/rules.hpp"
#include "net/transport.hpp"
#include "types_generated.h"

namespace saker::engine {

/// Tokens per second and the most that can be saved up; rate 0 switches the limit off.
struct RateLimit {
  std::uint32_t per_second = 0;
  std::uint32_t burst = 0;
};

struct SessionConfig {
  std::uint32_t heartbeat_min_ms = 100;      // range of what a client may wish for
  std::uint32_t heartbeat_max_ms = 10'000;
  std::uint32_t heartbeat_default_ms = 1'000;  // when it wishes for nothing
  std::uint32_t missed_heartbeats = 5;       // a session this many intervals silent has timed out
  std::uint32_t tail_probe_ms = 20;          // heartbeat this soon after unacknowledged reports
  std::uint32_t restart_grace_ms = 10'000;   // after a restart or stall, before any time-out
  std::uint32_t cookie_lifetime_ms = 5'000;  // between challenge and confirm
  RateLimit orders{20'000, 4'000};
  RateLimit cancels{40'000, 8'000};
  RateLimit answers{10'000, 4'096};          // of numbers asked for again
  bool untagged = false;                     // benchmarks only
};

struct FeedConfig {
  std::uint32_t heartbeat_ms = 200;
  std::uint32_t max_subscribers = 64;
  std::uint16_t shard = 0;
  net::Endpoint multicast_a;                 // port 0: none
  net::Endpoint multicast_b;
};

struct EngineConfig {
  proto::CommitPolicy policy = proto::CommitPolicy::Disk;
  std::uint64_t build_hash = 0;
  std::uint64_t config_hash = 0;
  std::size_t staging_bytes = 16u << 20;     // power of two
  std::uint32_t reserved_commands = 32;      // room kept for cancels and administration
  std::uint32_t internal_commands = 8;       // below that: for the engine's own commands
  std::uint32_t job_interval_commands = 8;   // client commands between two steps of a job
  std::uint32_t clock_interval_ms = 1'000;   // of clock commands while nothing else happens
  std::uint32_t rerelease_commands = 4'096;  // released again after a restart
  std::uint32_t newest_rules = core::kNewestRules;  // a log that needs later ones is refused
  std::uint8_t clock_quality = 0;            // as in core::CommandEnvelope
  std::array<std::byte, 16> cookie_secret{};  // random, new for each process
  SessionConfig session;
  FeedConfig feed;
};

}  // namespace saker::engine
