// What the engine counts, declared once. The hot thread owns the numbers and publishes copies
// into shared memory (loop.hpp); `saker top` and tests read them by name.
#pragma once

#include <array>
#include <cstdint>

#include "common/shared_histogram.hpp"

namespace saker::engine {

/// Why a datagram was dropped without an answer: X(name, what happened).
#define SAKER_DROP_REASONS(X)                                            \
  X(too_short, "shorter than the prefix")                                \
  X(truncated, "longer than the largest datagram")                       \
  X(bad_magic, "not ours")                                               \
  X(bad_version, "of another protocol version")                          \
  X(bad_kind, "not of a kind that a client sends")                       \
  X(unknown_session, "session does not exist")                           \
  X(unknown_key, "the secret store has no key for the session")          \
  X(wrong_epoch, "of an epoch that never was")                           \
  X(bad_tag, "tag does not agree")                                       \
  X(wrong_address, "tag agrees, but not from the session's address")     \
  X(not_logged_on, "tag agrees, session not logged on; refusal limited") \
  X(malformed, "tag agrees, content does not verify")                    \
  X(bad_cookie, "confirm without a fresh challenge of ours")             \
  X(replayed, "heartbeat or logon seen before")                          \
  X(sequence_zero, "command without a sequence number")                  \
  X(logon_too_short, "logon request without its padding")                \
  X(no_room, "no room to sequence or to answer; the client asks again")  \
  X(answer_limited, "asked again too often; the client asks once more")  \
  X(subscribe_denied, "feed subscription to an address not its own, or table full")

enum class Drop : std::uint8_t {
#define SAKER_DROP_NAME(name, text) name,
  SAKER_DROP_REASONS(SAKER_DROP_NAME)
#undef SAKER_DROP_NAME
  count
};

/// Plain counters: X(name, unit or meaning).
#define SAKER_ENGINE_COUNTERS(X)                                             \
  X(datagrams_received, "datagrams")                                         \
  X(datagrams_sent, "datagrams handed to the transport")                     \
  X(send_failures, "datagrams that the transport did not take")              \
  X(commands_sequenced, "log records appended")                              \
  X(client_commands, "of these, from sessions")                              \
  X(orders, "NewOrder commands sequenced")                                   \
  X(cancels, "CancelOrder commands sequenced")                               \
  X(fills, "OrderFilled reports of takers")                                  \
  X(rejects, "commands answered by a reject report")                         \
  X(continues, "Continue commands")                                          \
  X(clocks, "AdvanceClock commands")                                         \
  X(logons, "SessionLogon commands")                                         \
  X(logoffs, "SessionLogoff commands")                                       \
  X(timeouts, "SessionTimedOut commands")                                    \
  X(decisions, "answers to sequence numbers seen before, skipped, expired")  \
  X(busy_output_full, "refused: staging ring")                               \
  X(busy_log_full, "refused: log ring")                                      \
  X(busy_disk_full, "refused: disk room low")                                \
  X(busy_rate, "refused: session over its rate")                             \
  X(busy_window, "refused: sequence number too far ahead")                   \
  X(logon_refused, "refusals sent")                                          \
  X(challenges, "logon challenges sent")                                     \
  X(reports_released, "reports handed to the transport")                     \
  X(reports_unsent, "reports whose session has no address; follower has them") \
  X(report_packets, "datagrams with reports")                                \
  X(feed_messages, "feed messages released")                                 \
  X(feed_packets, "feed packets, each line and subscriber counted once")     \
  X(heartbeats_sent, "session heartbeats")                                   \
  X(stalls, "gaps between polls long enough to grant grace")                 \
  X(loop_rounds, "rounds of the hot thread")                                 \
  X(loop_busy_rounds, "of these, those that found something to do")          \
  X(loop_busy_ns, "time in those")                                           \
  X(loop_over_10us, "rounds that took longer, whatever the reason")          \
  X(loop_over_100us, "of these")                                             \
  X(loop_over_1ms, "of these")

struct Metrics {
#define SAKER_COUNTER_FIELD(name, text) std::uint64_t name = 0;
  SAKER_ENGINE_COUNTERS(SAKER_COUNTER_FIELD)
#undef SAKER_COUNTER_FIELD
  std::array<std::uint64_t, static_cast<std::size_t>(Drop::count)> drops{};
  SharedHistogram order_to_ack;  // datagram received to its decision released
  // Of answers that need not wait for a disk: from when the driver gave the order's frame to when
  // it is given the answer's; and the whole round, the driver's own work at both ends included.
  SharedHistogram residence;
  SharedHistogram answer_rounds;
  std::uint64_t answers_at_once = 0;  // of the present round

  void drop(Drop reason) { ++drops[static_cast<std::size_t>(reason)]; }
  std::uint64_t dropped(Drop reason) const { return drops[static_cast<std::size_t>(reason)]; }
};

}  // namespace saker::engine
