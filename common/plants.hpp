// Planted bugs: deliberate mistakes in the real code that prove the simulator can find mistakes.
//
// They exist only in builds made with -DSAKER_PLANTS=1 (`meson -Dplants=true`), where the
// simulator switches one on at a time; everywhere else SAKER_PLANT(x) is the constant false and
// leaves no trace. One line each at the place: `if (SAKER_PLANT(ack_before_commit)) …`.
#pragma once

namespace saker::plants {

/// X(name, file, what it breaks). The one table: code, `saker-sim --list-plants` and the tests
/// read it.
#define SAKER_PLANT_TABLE(X)                                                                       \
  X(ack_before_commit, "engine/sequencer.hpp", "outputs leave before the log is durable")          \
  X(durable_before_sync, "journal/log_writer_impl.hpp",                                            \
    "the log writer calls a batch durable once it is written")                                     \
  X(sync_error_ignored, "journal/log_writer_impl.hpp", "a failed sync counts as a good one")       \
  X(segment_name_not_synced, "journal/segment_allocator.hpp",                                      \
    "a power cut takes a whole new segment along")                                                 \
  X(records_unchecked, "journal/format.cpp",                                                       \
    "recovery does not compare the hash of a batch's records")                                     \
  X(torn_tail_kept, "journal/recovery_impl.hpp",                                                   \
    "what a crash left behind the last batch stays there")                                         \
  X(follower_ahead, "journal/log_reader_impl.hpp", "the follower reads beyond what is durable")    \
  X(report_number_reused, "engine/core/state.cpp", "two reports of a session have one number")     \
  X(reject_not_remembered, "engine/core/state.cpp",                                                \
    "a rejected command does not use up its number")                                               \
  X(window_off_by_one, "engine/core/core.cpp",                                                     \
    "a number is applied that others were told is skipped")                                        \
  X(hold_forgotten, "engine/core/book.cpp", "money stays held when a buy order ends")              \
  X(disconnect_forgotten, "engine/core/jobs.cpp",                                                  \
    "a time-out does not cancel the session's orders")                                             \
  X(fee_rounded_down, "engine/core/risk.cpp", "fees are rounded in favour of the payer")           \
  X(snapshot_without_decisions, "engine/core/encode.cpp",                                          \
    "a snapshot forgets which numbers were decided")                                               \
  X(duplicate_applied, "engine/session/session_layer.hpp", "a resend is applied again")            \
  X(connection_not_in_key, "proto/frame.cpp",                                                      \
    "a datagram of a former connection passes for one of the present")                             \
  X(private_before_feed, "engine/release.hpp",                                                     \
    "reports leave before the feed messages of their command")                                     \
  X(epoch_kept, "engine/startup.hpp", "a lost memory tail does not begin a new epoch")             \
  X(cursor_moved_apart, "accounts/ledger/ledger_transactions.hpp",                                 \
    "the ledger's cursor is moved in a transaction of its own")                                    \
  X(commit_repeated, "events/journal_pump.hpp",                                                    \
    "a commit of unknown outcome is repeated without reading the cursor")                          \
  X(book_not_cleared, "accounts/ledger/ledger_transactions.hpp",                                   \
    "what a lost transaction had collected is written with the next one")                          \
  X(entry_taken_again, "events/event_tail_impl.hpp",                                               \
    "entries at or below the cursor are applied again")                                            \
  X(sent_as_new_after_restart, "accounts/payments/outbox_keeper.cpp",                              \
    "what an earlier life may have sent is sent again without asking the ledger")                  \
  X(asked_before_logon, "accounts/payments/outbox.cpp",                                            \
    "the ledger is asked about a deposit that may still be on its way")                            \
  X(reference_in_use_refused, "accounts/payments/outbox.cpp",                                      \
    "a withdrawal that is held already counts as refused")                                         \
  X(held_before_decided, "accounts/payments/outbox.cpp",                                           \
    "a withdrawal counts as held while the engine is busy")                                        \
  X(retry_under_new_id, "gateway/order_desk.cpp",                                                  \
    "an order that is asked for again gets a client order id of the gateway's own")                \
  X(unknown_called_refused, "gateway/order_desk.cpp",                                              \
    "an order whose outcome is not known is answered as not placed")                               \
  X(report_of_another_taken, "gateway/order_desk.cpp",                                             \
    "what an order does to those of other customers counts as done to it")                         \
  X(used_id_confirmed, "gateway/order_desk.cpp",                                                   \
    "another order under a used id is answered with the order that has it")                        \
  X(old_list_shown, "gateway/accounts.cpp",                                                        \
    "open orders are shown that are older than what their owner was told")                         \
  X(view_before_activity, "gateway/venue_session.hpp",                                             \
    "what is known of accounts stays when the activity begins behind it")                          \
  X(list_before_decided, "gateway/order_desk.cpp",                                                 \
    "a list of orders is given while one of them may still be placed")                             \
  X(refusal_told_at_once, "gateway/venue_session.hpp",                                             \
    "a customer is told of a refusal while a copy of the order may be on its way")

enum class Plant : unsigned char {
  none,
#define SAKER_PLANT_NAME(name, file, breaks) name,
  SAKER_PLANT_TABLE(SAKER_PLANT_NAME)
#undef SAKER_PLANT_NAME
};

#ifdef SAKER_PLANTS
inline constexpr bool kCompiledIn = true;
/// The one that is switched on. Set by the simulator only, before it starts anything.
inline Plant active = Plant::none;
#define SAKER_PLANT(name) (::saker::plants::active == ::saker::plants::Plant::name)
#else
inline constexpr bool kCompiledIn = false;
#define SAKER_PLANT(name) (false && ::saker::plants::Plant::name == ::saker::plants::Plant::none)
#endif

}  // namespace saker::plants
