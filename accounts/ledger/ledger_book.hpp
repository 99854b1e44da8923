// What the events of the journal do to the ledger: rows to add and rows to change, and whether the
// events agree with the balances that are there. No database in here.
#pragma once

#include <unordered_map>

#include "engine/follower/event_format.hpp"
#include "events/database.hpp"

namespace saker::accounts {

/// Numbers stand in the database.
enum class OrderStatus : std::int16_t { kOpen = 0, kFilled = 1, kCancelled = 2, kRejected = 3 };

/// A row of ledger.orders.
struct OrderRow {
  Sequence created_sequence = 0;
  std::uint64_t order_id = 0;
  std::uint64_t client_order_id = 0;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
  std::int64_t leaves_lots = 0;
  std::int64_t filled_lots = 0;
  Int128 filled_quote = 0;
  Int128 filled_fee = 0;
  TimeNs created_ns = 0;
  TimeNs updated_ns = 0;
  Sequence updated_sequence = 0;
  std::uint32_t account = 0;
  std::uint32_t market = 0;
  std::uint8_t side = 0;
  std::uint8_t type = 0;
  std::uint8_t time_in_force = 0;
  OrderStatus status = OrderStatus::kOpen;
  std::uint16_t reason = 0;
  bool changed = false;
};

struct BalanceRow {
  std::uint32_t account = 0;
  std::uint32_t asset = 0;
  Minor balance = 0;
  Sequence sequence = 0;
  bool changed = false;
};

struct TotalRow {
  Int128 deposits = 0;
  Int128 withdrawals = 0;
  bool changed = false;
};

class LedgerBook {
 public:
  LedgerBook(std::uint16_t shard, std::uint32_t history_accounts_from)
      : shard_(shard), history_accounts_from_(history_accounts_from) {}

  /// Forgets everything; then the state is loaded.
  void clear();
  void load(const BalanceRow& row);
  void load(std::uint32_t asset, const TotalRow& row) { totals_[asset] = row; }
  void load(const OrderRow& row);

  /// One command. Returns the rows that it will become. Throws events::Refused when it does not
  /// fit what is there; the book is then good for nothing but clear().
  std::uint64_t add(const follower::CommandEvents& events);

  // -- collected since written()
  events::CopyRows entries, trades, busts;
  const std::vector<BalanceRow*>& changed_balances() const { return changed_balances_; }
  std::vector<std::pair<std::uint32_t, TotalRow*>> changed_totals();
  const std::vector<OrderRow*>& changed_orders() const { return changed_orders_; }
  void written();

  /// 0 for an account that never had any.
  Minor balance(std::uint32_t account, std::uint32_t asset) const;
  std::size_t open_orders() const { return orders_.size(); }
  /// Changes of orders of kept accounts that were entered before history began.
  std::uint64_t unknown_orders() const { return unknown_orders_; }

 private:
  void add_leg(const follower::EventEntry& entry, const core::LedgerLeg& leg, std::size_t number);
  void check_sums(const follower::CommandEvents& events) const;
  void add_trade(const follower::CommandEvents& events, const follower::TradeEvent& trade);
  void add_busts(const follower::CommandEvents& events);
  void enter_order(const follower::EventEntry& entry, const follower::OrderEvent& event);
  void change_order(const follower::EventEntry& entry, const follower::OrderEvent& event);
  void fill_order(const follower::EventEntry& entry, const follower::TradeEvent& trade,
                  Minor quote_amount, bool taker);
  OrderRow* find_order(std::uint64_t order_id);
  void touch(OrderRow& order, const follower::EventEntry& entry);
  bool kept(std::uint32_t account) const { return account >= history_accounts_from_; }

  std::uint16_t shard_;
  std::uint32_t history_accounts_from_;
  std::unordered_map<std::uint64_t, BalanceRow> balances_;     // account and asset
  std::unordered_map<std::uint32_t, TotalRow> totals_;         // asset
  std::unordered_map<Sequence, OrderRow> orders_;              // open, or not yet written
  std::unordered_map<std::uint64_t, OrderRow*> orders_by_id_;  // of those that are open
  std::vector<BalanceRow*> changed_balances_;
  std::vector<OrderRow*> changed_orders_;
  std::uint64_t unknown_orders_ = 0;
};

}  // namespace saker::accounts
