// What the follower counts: the table of its shared-memory file DATA/run/follower.counters.
#pragma once

#include "common/counters.hpp"

namespace saker::follower {

// X(name, unit, gauge or counter, help)
#define SAKER_FOLLOWER_COUNTERS(X)                                                            \
  X(applied_sequence, "sequence", kGauge, "last command of the log that is applied")          \
  X(epoch, "epoch", kGauge, "epoch of the log")                                               \
  X(chain_head, "hash", kGauge, "event chain after applied_sequence")                         \
  X(caught_up, "boolean", kGauge, "1 when everything known to be durable is applied")         \
  X(lag_ns, "ns", kGauge, "age of the last command when it was applied")                      \
  X(feed_sequence, "sequence", kGauge, "next feed message")                                   \
  X(open_orders, "orders", kGauge, "resting orders, all markets")                             \
  X(commands_applied, "commands", kCounter, "commands applied by this process")               \
  X(state_marker_sequence, "sequence", kGauge, "last StateMarker that was applied")           \
  X(state_hash_low, "hash", kGauge, "state hash at state_marker_sequence, low half")          \
  X(state_hash_high, "hash", kGauge, "state hash at state_marker_sequence, high half")        \
  X(events_sequence, "sequence", kGauge, "event journal is written up to here")               \
  X(event_batches, "batches", kCounter, "batches written to the event journal")               \
  X(event_waits, "polls", kCounter, "polls in which the event journal found no disk space")   \
  X(snapshot_sequence, "sequence", kGauge, "newest verified snapshot")                        \
  X(snapshots_written, "snapshots", kCounter, "snapshots written and verified")               \
  X(snapshots_failed, "snapshots", kCounter, "snapshots given up: no space, or did not verify") \
  X(snapshot_ns, "ns", kGauge, "time for which the last snapshot held everything up")         \
  X(rebuilds, "times", kCounter, "times state was thrown away because the log had forked")    \
  X(sessions_bound, "sessions", kGauge, "sessions logged on to ask questions")                \
  X(logons, "logons", kCounter, "logons accepted")                                            \
  X(challenges, "datagrams", kCounter, "logon challenges sent")                               \
  X(logons_refused, "datagrams", kCounter, "refusals sent")                                   \
  X(datagrams_received, "datagrams", kCounter, "datagrams that came in")                      \
  X(replies_sent, "datagrams", kCounter, "answers handed to the transport")                   \
  X(send_failures, "datagrams", kCounter, "answers that the transport did not take")          \
  X(queries_reports, "queries", kCounter, "questions for reports of a session")               \
  X(queries_drop_copy, "queries", kCounter, "questions for drop copies of an account")        \
  X(queries_open_orders, "queries", kCounter, "questions for open orders, pages included")    \
  X(queries_order_status, "queries", kCounter, "questions for one order")                     \
  X(queries_balances, "queries", kCounter, "questions for balances")                          \
  X(queries_feed_range, "queries", kCounter, "questions for feed messages")                   \
  X(queries_book_snapshot, "queries", kCounter, "questions for book snapshots, pages included") \
  X(queries_markets, "queries", kCounter, "questions for market definitions")                 \
  X(queries_activity, "queries", kCounter, "questions for activity of all accounts")          \
  X(queries_account, "queries", kCounter, "questions what an account is")                     \
  X(queries_group, "queries", kCounter, "questions what a trading group is")                  \
  X(activity_reports, "reports", kCounter, "reports sent as activity")                        \
  X(queries_waited, "queries", kCounter, "questions that waited for a sequence")              \
  X(answers_not_yet, "queries", kCounter, "answered NotYet")                                  \
  X(answers_too_old, "queries", kCounter, "answered SnapshotRequired")                        \
  X(answers_denied, "queries", kCounter, "answered Denied or Unknown")                        \
  X(answers_busy, "queries", kCounter, "answered Busy")                                       \
  X(rate_limited, "queries", kCounter, "questions over a session's rate")                     \
  X(dropped_malformed, "datagrams", kCounter, "no datagram of ours: size, magic, version")    \
  X(dropped_kind, "datagrams", kCounter, "a kind that is not for the follower")               \
  X(dropped_session, "datagrams", kCounter, "unknown session or no key for it")               \
  X(dropped_tag, "datagrams", kCounter, "tag does not agree")                                 \
  X(dropped_address, "datagrams", kCounter, "tag agrees, address is not the session's")       \
  X(dropped_content, "datagrams", kCounter, "tag agrees, content does not verify")            \
  X(dropped_not_ready, "datagrams", kCounter, "came before the follower had any state")       \
  X(polls_busy, "polls", kCounter, "polls that did something")

enum FollowerCounter : std::uint32_t {
#define SAKER_COUNTER_INDEX(name, unit, type, help) k_##name,
  SAKER_FOLLOWER_COUNTERS(SAKER_COUNTER_INDEX)
#undef SAKER_COUNTER_INDEX
};

inline constexpr CounterSpec kFollowerCounters[] = {
#define SAKER_COUNTER_SPEC(name, unit, type, help) {#name, unit, help, CounterType::type, 0},
    SAKER_FOLLOWER_COUNTERS(SAKER_COUNTER_SPEC)
#undef SAKER_COUNTER_SPEC
};

}  // namespace saker::follower
