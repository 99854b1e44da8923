// The gateway's connection to the venue: one session for orders and questions, the public feed, the
// activity of all customers' accounts. Owner: the loop's thread. It survives restarts of engine and
// follower by itself; who listens is told what was lost.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/outcome.hpp"
#include "client/requests.hpp"
#include "gateway/market_state.hpp"
#include "web/loop.hpp"

namespace saker::gateway {

struct VenueConfig {
  std::string secrets;      // directory
  std::string host = "127.0.0.1";
  std::uint16_t port_base = 3000;
  std::uint32_t session = 6;
  std::uint32_t key = 6;
};

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

class VenueLink {
 public:
  /// `markets` and `states` are filled from the feed.
  VenueLink(web::Loop& loop, const VenueConfig& config, Markets& markets, MarketStates& states,
            VenueEvents& events);
  ~VenueLink();

  /// Reads the key, opens sockets, logs on. Throws std::runtime_error.
  void start();
  /// Logs off, then calls `done`. Orders stay.
  void stop(std::function<void()> done);

  // Commands: the client sequence number, 0 when not logged on or too much is in flight.
  std::uint64_t send(const client::NewOrderRequest& request);
  std::uint64_t send(const client::ReplaceOrderRequest& request);
  std::uint64_t send(const client::CancelOrderRequest& request);
  std::uint64_t send(const client::MassCancelRequest& request);

  // Questions, answered from committed state that includes log sequence `at_least`. `done` is
  // called once, never within the call.
  void ask_balances(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                    std::function<void(BalancesAnswer)> done);
  void ask_account(std::uint32_t account, Sequence at_least, std::uint64_t patience_ns,
                   std::function<void(AccountAnswer)> done);

  bool engine_up() const;
  bool follower_up() const;
  bool feed_live() const;
  /// All activity up to here has been told; 0 before the first logon.
  Sequence complete_to() const;
  /// The last feed message that books and tape contain.
  std::uint64_t feed_sequence() const;
  std::size_t in_flight() const;
  std::size_t questions() const;
  std::uint64_t round_trip_ns() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saker::gateway
