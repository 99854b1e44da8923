// All accounts that somebody asks for: loads their views, keeps them in step with the activity
// stream, pushes the private channels, forgets who has not been asked for in a while.
//
// A report reaches only the view of its own account, and a subscriber only the account of the token
// it showed: nothing here is looked up by order id alone.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>

#include "gateway/account_view.hpp"
#include "gateway/markets.hpp"
#include "gateway/schedule.hpp"

namespace saker::gateway {

struct AccountLimits {
  std::size_t max_views = 10'000;
  std::uint64_t forget_after_ns = 600'000'000'000;
  std::uint64_t patience_ns = 5'000'000'000;  // of a request that waits for the follower
};

class Accounts {
 public:
  Accounts(Schedule& schedule, const AccountLimits& limits, const Markets& markets)
      : schedule_(schedule), limits_(limits), markets_(markets) {}
  /// Once, before anything else: the two name each other.
  void connect(Venue& venue) { venue_ = &venue; }

  // -- from the venue --------------------------------------------------------------------------
  void on_activity(const proto::Report& report);
  void on_complete(Sequence sequence);
  /// Every view is loaded again; who listens gets snapshots.
  void on_lost();
  /// Starts what waits for the follower, gives up what has waited too long.
  void poll();

  // -- requests --------------------------------------------------------------------------------
  /// The view, which begins to load if it is new. Valid until the next turn of the loop. Throws
  /// ApiError UNAVAILABLE when there are too many.
  AccountView& use(std::uint32_t account);
  AccountView* find(std::uint32_t account);
  /// The customer has been told of a log sequence: what they read from now on includes it.
  void saw(std::uint32_t account, Sequence sequence);
  /// What they have been told of. An earlier gateway may have told of anything before our first
  /// logon, and have left things under way until then, so it is never less than that; 0 before.
  Sequence seen(std::uint32_t account) const;
  /// Of everything up to this log sequence, what concerns the account is in its view. Less than the
  /// view's last report while more of that command are on their way.
  Sequence included(const AccountView& view) const;
  /// Calls `done` when the view is ready and includes `at_least`, or with nullptr when that takes
  /// longer than the patience. May call at once.
  using Ready = std::function<void(AccountView*)>;
  void when_ready(std::uint32_t account, Sequence at_least, Ready done);
  /// From the follower, at least as of `at_least`.
  void balances(std::uint32_t account, Sequence at_least,
                std::function<void(BalancesAnswer)> done);

  // -- private channels ------------------------------------------------------------------------
  void subscribe(Subscriber& subscriber, std::uint32_t account, ChannelKind kind);
  void unsubscribe(Subscriber& subscriber, std::uint32_t account, ChannelKind kind);

  std::size_t views() const { return views_.size(); }
  std::uint64_t pushes() const { return pushes_; }

 private:
  struct Waiter {
    std::uint32_t account;
    Sequence at_least;
    TimeNs give_up_ns;
    Ready done;
  };

  void load(AccountView& view);
  void on_loaded(std::uint32_t account, std::uint64_t load, const AccountAnswer& answer);
  bool ready(const AccountView& view, Sequence at_least) const;
  void serve_waiters();
  void push_all(AccountView& view);
  void push_orders(AccountView& view);
  void push_fills(AccountView& view);
  void ask_balances(AccountView& view);
  void push_balances(std::uint32_t account, std::uint64_t sequence, Sequence asked,
                     const BalancesAnswer& answer);
  void send(PrivateStream& stream, std::vector<Subscriber*>& to, const SharedText& text);
  void forget_idle();

  Schedule& schedule_;
  const AccountLimits limits_;
  const Markets& markets_;
  Venue* venue_ = nullptr;
  std::map<std::uint32_t, std::unique_ptr<AccountView>> views_;
  std::map<std::uint32_t, std::uint64_t> loads_;  // number of the load that counts
  std::map<std::uint32_t, Sequence> seen_;
  Sequence told_of_ = 0;   // the last command of which a report has come, maybe not all of them
  Sequence began_at_ = 0;  // where the activity began: at the first logon
  std::set<std::uint32_t> joining_;     // loaded, waiting for the activity (or markets)
  std::vector<std::uint32_t> touched_;  // accounts with something to push
  std::list<Waiter> waiters_;
  std::uint64_t last_load_ = 0;
  std::uint64_t pushes_ = 0;
  TimeNs next_sweep_ns_ = 0;
};

}  // namespace saker::gateway
