// What the gateway knows of one customer's account while somebody asks for it: open orders, the
// number of its drop copy, who listens to its private channels. Rebuilt from the follower at any
// time; nothing here is anybody's only copy.
#pragma once

#include <array>
#include <vector>

#include "common/types.hpp"
#include "gateway/channel.hpp"
#include "gateway/order_state.hpp"
#include "gateway/subscriber.hpp"
#include "gateway/venue.hpp"

namespace saker::gateway {

enum class ViewState : std::uint8_t {
  kEmpty,    // nothing is known
  kLoading,  // the follower has been asked; reports are kept
  kLoaded,   // the answer is here, the activity has not reached it yet
  kReady,
};

/// One private channel of an account: who follows, and the number of the last push.
struct PrivateStream {
  std::vector<Subscriber*> subscribers;
  std::vector<Subscriber*> waiting;  // for their snapshot
  std::uint64_t sequence = 0;
};

class AccountView {
 public:
  static constexpr std::size_t kMostKept = 20'000;
  static constexpr std::size_t kMostFills = 512;

  explicit AccountView(std::uint32_t account) : account_(account) {}

  std::uint32_t account() const { return account_; }
  ViewState state() const { return state_; }

  // -- getting in step -------------------------------------------------------------------------
  void begin_load();
  /// The follower's answer. False when too much has happened meanwhile: load again.
  bool finish_load(const AccountAnswer& answer);
  /// All reports up to `sequence` have been given. True when the view is ready just now.
  bool on_complete(Sequence sequence);
  void forget();

  /// One report of the account's drop copy, in order.
  void on_report(const proto::Report& report);

  // -- what is known ---------------------------------------------------------------------------
  AccountOrders& orders() { return orders_; }
  const AccountOrders& orders() const { return orders_; }
  /// Of the drop copy; what the private channels count.
  std::uint64_t account_sequence() const { return account_sequence_; }
  /// Log sequence of the last report.
  Sequence engine_sequence() const { return engine_sequence_; }
  /// Fills of an order among the last ones, oldest first.
  std::vector<Fill> fills_of(std::uint64_t order_id) const;

  // -- what is to be pushed --------------------------------------------------------------------
  PrivateStream& stream(ChannelKind kind) {
    return streams_[static_cast<std::size_t>(kind) -
                    static_cast<std::size_t>(ChannelKind::kOrders)];
  }
  std::vector<Order>& changed_orders() { return changed_orders_; }
  std::vector<Fill>& new_fills() { return new_fills_; }
  bool balances_changed = false;
  bool balances_asked = false;
  bool has_listeners() const;

  TimeNs used_ns = 0;

 private:
  void apply(const proto::Report& report);

  const std::uint32_t account_;
  ViewState state_ = ViewState::kEmpty;
  AccountOrders orders_;
  std::uint64_t account_sequence_ = 0;
  Sequence engine_sequence_ = 0;
  Sequence ready_at_ = 0;
  Sequence loaded_to_ = 0;            // reports up to here are in the loaded orders
  std::vector<proto::Report> kept_;   // while loading
  std::deque<Fill> fills_;
  std::vector<Order> changed_orders_;
  std::vector<Fill> new_fills_;
  std::array<PrivateStream, 3> streams_;
};

}  // namespace saker::gateway
