// The venue as the parts that decide about customers' orders see it: what they send and ask, and
// what they are told. A VenueSession stands behind it, over sockets in the process and over the
// simulated network in sim/.
#pragma once

#include <functional>
#include <vector>

#include "client/outcome.hpp"
#include "client/requests.hpp"
#include "query_generated.h"

namespace saker::gateway {

/// What the venue tells. All calls come from the loop.
class VenueEvents {
 public:
  virtual ~VenueEvents() = default;
  virtual void on_outcome(const client::Outcome& outcome) = 0;
  /// Of the session's own stream, in order.
  virtual void on_report(const proto::Report& report) = 0;
  /// Of the activity stream, in the engine's order: drop copies of customers' accounts.
  virtual void on_activity(const proto::Report& report) = 0;
  virtual void on_activity_complete(Sequence sequence) = 0;
  /// What was known of accounts may be out of date: reports are missing, or the log lost its end.
  virtual void on_accounts_lost() = 0;
  /// Feed numbers begin anew.
  virtual void on_feed_restarted() = 0;
  virtual void on_feed_live(bool live) = 0;
  /// After each turn of the link.
  virtual void on_turn() = 0;
};

struct BalancesAnswer {
  bool ok = false;  // false: the follower did not answer in time
  Sequence applied = 0;
  std::vector<proto::Balance> balances;
};
struct AccountAnswer {
  bool ok = false;
  Sequence applied = 0;                    // the open orders are those after this log sequence
  std::vector<proto::OpenOrder> orders;
  Sequence numbered = 0;                   // log sequence up to which next_account_sequence counts
  std::uint64_t next_account_sequence = 0;  // of the account's drop copy
};

struct HistoryAnswer {
  bool ok = false;
  std::vector<proto::Report> reports;  // of the account's drop copy, in order
};

class Venue {
 public:
  virtual ~Venue() = default;

  // Commands: the client sequence number, 0 when not logged on or too much is in flight.
  virtual std::uint64_t send(const client::NewOrderRequest& request) = 0;
  virtual std::uint64_t send(const client::ReplaceOrderRequest& request) = 0;
  virtual std::uint64_t send(const client::CancelOrderRequest& request) = 0;
  virtual std::uint64_t send(const client::MassCancelRequest& request) = 0;

  // Questions, answered from committed state that includes log sequence `at_least`. `done` is
  // called once, never within the call.
  virtual void ask_balances(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                            std::function<void(BalancesAnswer)> done) = 0;
  virtual void ask_account(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                           std::function<void(AccountAnswer)> done) = 0;

  /// The account's reports from number `from` on, or from the oldest that the follower keeps.
  virtual void ask_history(std::uint32_t account, std::uint64_t from, Sequence at_least,
                           std::uint64_t patience_ns,
                           std::function<void(HistoryAnswer)> done) = 0;

  virtual bool engine_up() const = 0;
  virtual bool follower_up() const = 0;
  /// All activity up to here has been told; 0 before the first logon.
  virtual Sequence complete_to() const = 0;
};

}  // namespace saker::gateway
