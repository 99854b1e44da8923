// The engine's counters in shared memory, DATA/run/engine.counters: the table and the copying.
#pragma once

#include "common/counters.hpp"
#include "engine/metrics.hpp"

namespace saker::engine {

/// Values that are no counts: X(name, unit, help).
#define SAKER_ENGINE_GAUGES(X)                                                              \
  X(sequence, "sequence", "log sequence of the last command applied")                       \
  X(committed_sequence, "sequence", "up to here outputs may leave")                         \
  X(released_sequence, "sequence", "up to here outputs have left")                          \
  X(durable_sequence, "sequence", "up to here the log is on the disk")                      \
  X(feed_sequence, "sequence", "last feed message released")                                \
  X(epoch, "epoch", "of the log")                                                           \
  X(policy, "enum", "commit policy: 0 memory, 1 disk")                                      \
  X(chain_head, "hash", "event chain after the last command applied")                       \
  X(command_time_ns, "ns", "timestamp of the last command, UTC")                            \
  X(clock_quality, "enum", "0 unknown, 1 synchronised, 2 holdover")                         \
  X(open_orders, "orders", "resting in all books")                                          \
  X(sessions_connected, "sessions", "logged on at this process")                            \
  X(feed_subscribers, "sessions", "receiving the feed by unicast")                          \
  X(orders_per_second, "1/s", "orders sequenced, over the last second")                     \
  X(commands_per_second, "1/s", "commands sequenced, over the last second")                 \
  X(room_state, "enum", "log space: 0 normal, 1 low, 2 none")                               \
  X(log_direct, "enum", "log written 0 through the page cache, 1 past it")                  \
  X(staging_used_bytes, "bytes", "outputs waiting for their commit")                        \
  X(staging_capacity_bytes, "bytes", "most that can wait")                                  \
  X(latency_samples, "orders", "in the last second; the latency_ values are theirs")        \
  X(latency_p50_ns, "ns", "order received to decision released, median")                    \
  X(latency_p90_ns, "ns", "90th percentile")                                                \
  X(latency_p99_ns, "ns", "99th percentile")                                                \
  X(latency_p999_ns, "ns", "99.9th percentile")                                             \
  X(latency_max_ns, "ns", "largest")                                                        \
  X(residence_samples, "orders", "in the last second, answered in the round they came in")  \
  X(residence_p50_ns, "ns", "frame given by the driver to answer given to it, median")      \
  X(residence_p99_ns, "ns", "99th percentile")                                              \
  X(residence_max_ns, "ns", "largest")                                                      \
  X(answer_round_p50_ns, "ns", "the same with the driver's own work at both ends")          \
  X(answer_round_p99_ns, "ns", "99th percentile")                                           \
  X(poll_max_ns, "ns", "longest single round of the hot thread in the last second")         \
  X(loop_longest_ns, "ns", "longest round since the start")                                 \
  X(loop_busy_permille, "1/1000", "of the last second spent in rounds with something to do") \
  X(socket_received, "datagrams", "taken from the socket, or from the network card")        \
  X(socket_dropped, "datagrams", "lost before us, a receive buffer or ring being full")     \
  X(socket_send_errors, "datagrams", "that could not be sent")                              \
  X(started_ns, "ns", "when this process was ready, UTC")

enum EngineCounter : std::uint32_t {
#define SAKER_COUNTER_INDEX(name, text) kCounter_##name,
#define SAKER_DROP_INDEX(name, text) kDrop_##name,
#define SAKER_GAUGE_INDEX(name, unit, help) kGauge_##name,
  SAKER_ENGINE_COUNTERS(SAKER_COUNTER_INDEX) SAKER_DROP_REASONS(SAKER_DROP_INDEX)
      SAKER_ENGINE_GAUGES(SAKER_GAUGE_INDEX) kEngineCounterCount
#undef SAKER_COUNTER_INDEX
#undef SAKER_DROP_INDEX
#undef SAKER_GAUGE_INDEX
};

inline constexpr CounterSpec kEngineCounters[] = {
#define SAKER_COUNTER_SPEC(name, text) {#name, "count", text, CounterType::kCounter, 0},
#define SAKER_DROP_SPEC(name, text) {"dropped_" #name, "datagrams", text, CounterType::kCounter, 0},
#define SAKER_GAUGE_SPEC(name, unit, help) {#name, unit, help, CounterType::kGauge, 0},
    SAKER_ENGINE_COUNTERS(SAKER_COUNTER_SPEC) SAKER_DROP_REASONS(SAKER_DROP_SPEC)
        SAKER_ENGINE_GAUGES(SAKER_GAUGE_SPEC)
#undef SAKER_COUNTER_SPEC
#undef SAKER_DROP_SPEC
#undef SAKER_GAUGE_SPEC
};
static_assert(std::size(kEngineCounters) == kEngineCounterCount);

/// Copies what counts up. The gauges are set by the loop.
inline void publish(const Metrics& metrics, Counters& counters) {
#define SAKER_COUNTER_COPY(name, text) counters.set(kCounter_##name, metrics.name);
  SAKER_ENGINE_COUNTERS(SAKER_COUNTER_COPY)
#undef SAKER_COUNTER_COPY
#define SAKER_DROP_COPY(name, text) counters.set(kDrop_##name, metrics.dropped(Drop::name));
  SAKER_DROP_REASONS(SAKER_DROP_COPY)
#undef SAKER_DROP_COPY
}

}  // namespace saker::engine
