// Counts how often each fault was injected and each interesting situation was reached. A test
// holds that over the standard seeds none is zero: a fault that is never injected tests nothing.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>

namespace saker::sim {

/// X(name, what happened).
#define SAKER_SIM_FAULTS(X)                                                       \
  X(datagram_lost, "a datagram was dropped")                                      \
  X(datagram_duplicated, "a datagram arrived twice or more")                      \
  X(datagram_reordered, "a datagram was overtaken by a later one")                \
  X(datagram_delayed, "a datagram took much longer than usual")                   \
  X(datagram_corrupted, "bits of a datagram were flipped")                        \
  X(datagram_truncated, "a datagram lost its tail")                               \
  X(datagram_partitioned, "a datagram was dropped by a partition")                \
  X(datagram_replayed, "an attacker sent an old datagram again")                  \
  X(datagram_forged, "an attacker sent one of his own making")                    \
  X(send_refused, "a transport's send queue was full")                            \
  X(disk_power_cut, "power cut with unsynced sectors")                            \
  X(disk_sector_dropped, "an unsynced sector was lost")                           \
  X(disk_sector_kept, "an unsynced sector reached the disk all the same")         \
  X(disk_write_torn, "one write was kept in part")                                \
  X(disk_name_dropped, "an unsynced creation, renaming or removal was lost")      \
  X(disk_write_error, "a write failed with EIO")                                  \
  X(disk_write_short, "a failing write left some of its sectors behind")          \
  X(disk_sync_error, "a sync failed, its pages marked clean all the same")        \
  X(disk_full, "a write or an allocation found no space")                         \
  X(disk_read_flip, "a bit was flipped in a closed log")                          \
  X(settlement_killed, "the settlement process was killed")                       \
  X(database_crashed, "the database server crashed")                              \
  X(database_took_back, "a commit that nobody waited for fell to a crash")        \
  X(database_connection_lost, "a connection to the database broke")               \
  X(database_client_killed, "a process was killed in a transaction")              \
  X(killed_after_commit, "a process was killed right after its commit")           \
  X(commit_unknown_done, "a connection broke in COMMIT, which was carried out")   \
  X(commit_unknown_lost, "a connection broke in COMMIT, which was not")           \
  X(commit_unknown_late, "a connection broke in COMMIT, carried out later")       \
  X(accounts_killed, "accounts was killed with nothing open")                     \
  X(accounts_killed_with_open, "accounts was killed with rows under way")         \
  X(payments_failed, "a transaction of accounts failed")                          \
  X(payments_unknown, "a transaction of accounts was carried out untold")         \
  X(payments_abandoned, "a killed accounts' transaction was carried out")         \
  X(gateway_killed, "the gateway ended with nothing open")                        \
  X(gateway_killed_with_open, "the gateway was killed with commands under way")   \
  X(gateway_stopped, "the gateway was asked to stop")                             \
  X(answer_lost, "an answer of the gateway did not reach its customer")           \
  X(customer_gave_up, "a customer waited no longer for an answer")

#define SAKER_SIM_SITUATIONS(X)                                                   \
  X(decision_repeated, "a resend got its decision again")                         \
  X(decision_skipped, "a number was answered SKIPPED_NEVER_APPLIED")              \
  X(decision_expired, "a number was answered OUTCOME_EXPIRED")                    \
  X(logon_accepted, "the engine accepted a logon")                                \
  X(query_reply, "the follower answered a question")                              \
  X(memory_tail_lost, "policy memory: something said was lost with its epoch")    \
  X(connection_lost, "a client lost its connection")                              \
  X(epoch_changed, "a client learned of a new epoch")                             \
  X(reports_lost, "reports were too old to be had")                               \
  X(feed_lost, "feed messages were too old to be had")                            \
  X(fill_reported, "a fill reached an application")                               \
  X(cancelled_on_disconnect, "an order was cancelled because its session timed out") \
  X(refused_busy, "a command was refused unsequenced")                            \
  X(busy_output_full, "refused: no room for outputs")                               \
  X(busy_log_full, "refused: no room in the log's ring")                            \
  X(busy_disk_full, "refused: no room on the disk")                                 \
  X(busy_rate, "refused: over its rate")                                            \
  X(busy_window, "refused: number too far ahead")                                   \
  X(order_arena_full, "rejected: no order slot free")                               \
  X(mass_cancel_done, "a mass cancel came to its end")                              \
  X(kill_switch_cancel, "a kill switch cancelled an order")                         \
  X(continue_command, "a job went on in a command of its own")                      \
  X(trade_busted, "a trade was busted by two approvers")                            \
  X(withdrawal_paid, "a withdrawal was held, then paid")                            \
  X(self_trade_prevented, "an order was cancelled instead of trading with itself")  \
  X(late_copy_applied, "a copy of a refused order came late and was taken")       \
  X(former_connection_met, "a command of a former connection reached the engine")   \
  X(outcome_never_applied, "an application learned that a number was skipped")    \
  X(client_book_compared, "a client's books were compared with the engine's")     \
  X(engine_killed, "the engine's process was killed")                             \
  X(engine_restarted, "the engine started on an existing log")                    \
  X(engine_start_failed, "the engine could not start: killed, I/O error, no room")  \
  X(engine_log_failed, "the engine stopped because its log failed")               \
  X(engine_stopped, "the engine stopped cleanly")                                 \
  X(torn_tail_cut, "a torn tail was found and cut")                               \
  X(started_from_snapshot, "the engine started from a snapshot")                  \
  X(first_start_resumed, "an interrupted first start was gone on with")             \
  X(new_epoch, "a start began a new epoch")                                       \
  X(follower_killed, "the follower's process was killed")                         \
  X(client_restarted, "a client program was killed and started again")            \
  X(session_partitioned, "a session was cut off for a while")                     \
  X(sloppy_command, "a badly written client sent a command")                       \
  X(window_edge_tried, "a number at the edge of the window for late ones was sent") \
  X(long_pause, "everybody stood still for a long time")                          \
  X(damage_refused, "the engine refused a log with a flipped bit")                  \
  X(damage_harmless, "a flipped bit was where nothing depends on it")               \
  X(transfer_asked_again, "a customer asked for the same transfer again")         \
  X(transfer_deposited, "a deposit was decided")                                  \
  X(transfer_held, "a hold was decided")                                          \
  X(transfer_paid, "a withdrawal was paid through the outbox")                    \
  X(transfer_voided, "a withdrawal was voided through the outbox")                \
  X(transfer_refused, "a row of the outbox ended as refused")                     \
  X(ledger_asked, "the ledger was asked what became of a row")                    \
  X(rules_raised, "newer rules came into force on the way")                       \
  X(web_confirmed, "a customer's order was confirmed at the first try")           \
  X(web_asked_again, "a customer sent the same request again")                    \
  X(web_retry_confirmed, "an order was confirmed at a later try")                 \
  X(web_refused, "a customer's order was refused")                                \
  X(web_id_reused, "a customer used a client_order_id for a second order")        \
  X(web_id_in_use_told, "a customer was told that the client_order_id is used")   \
  X(web_unknown_told, "a customer was told OUTCOME_UNKNOWN")                      \
  X(web_unavailable_told, "a customer was told 503")                              \
  X(web_rate_limited, "a customer was told 429")                                  \
  X(web_cancelled, "a customer's cancel was confirmed")                           \
  X(web_replaced, "a customer's replace was confirmed")                           \
  X(web_all_cancelled, "a customer's cancel of all was confirmed")                \
  X(web_listed, "a customer's list of open orders was compared")                  \
  X(missed_in_list, "an order asked for was in no list, and never came")          \
  X(listed_after_restart, "the first list after the gateway's start was compared") \
  X(fill_pushed, "a fill was pushed to a customer")                               \
  X(full_check, "all slow checks ran")

#define SAKER_SIM_COUNTER(name, what) name,
enum class Count : unsigned {
  SAKER_SIM_FAULTS(SAKER_SIM_COUNTER) SAKER_SIM_SITUATIONS(SAKER_SIM_COUNTER) kEnd
};
#undef SAKER_SIM_COUNTER

inline constexpr std::size_t kCounts = static_cast<std::size_t>(Count::kEnd);

inline const char* name_of(Count count) {
#define SAKER_SIM_NAME(name, what) #name,
  static constexpr const char* kNames[] = {SAKER_SIM_FAULTS(SAKER_SIM_NAME)
                                           SAKER_SIM_SITUATIONS(SAKER_SIM_NAME)};
#undef SAKER_SIM_NAME
  return kNames[static_cast<std::size_t>(count)];
}

class Coverage {
 public:
  void add(Count count, std::uint64_t by = 1) { counts_[static_cast<std::size_t>(count)] += by; }
  std::uint64_t get(Count count) const { return counts_[static_cast<std::size_t>(count)]; }
  void merge(const Coverage& other) {
    for (std::size_t i = 0; i < kCounts; ++i) counts_[i] += other.counts_[i];
  }
  void print(std::FILE* to) const {
    for (std::size_t i = 0; i < kCounts; ++i) {
      std::fprintf(to, "  %-28s %12llu\n", name_of(static_cast<Count>(i)),
                   static_cast<unsigned long long>(counts_[i]));
    }
  }

 private:
  std::array<std::uint64_t, kCounts> counts_{};
};

}  // namespace saker::sim
