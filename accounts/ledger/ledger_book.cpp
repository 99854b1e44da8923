#include "accounts/ledger/ledger_book.hpp"

#include "events/journal_worker.hpp"
#include "events/trades.hpp"

namespace saker::accounts {
namespace {

using core::LedgerLeg;
using core::LegReason;
using events::bits;
using events::Refused;

std::uint64_t key_of(std::uint32_t account, std::uint32_t asset) {
  return std::uint64_t{account} << 32 | asset;
}

std::int32_t column(std::uint32_t id) { return static_cast<std::int32_t>(id); }
std::int16_t column(std::uint16_t number) { return static_cast<std::int16_t>(number); }

std::string place(Sequence sequence, std::size_t leg) {
  return "sequence " + std::to_string(sequence) + ", leg " + std::to_string(leg);
}

}  // namespace

void LedgerBook::clear() {
  balances_.clear();
  totals_.clear();
  orders_.clear();
  orders_by_id_.clear();
  changed_balances_.clear();
  changed_orders_.clear();
  entries.clear();
  trades.clear();
  busts.clear();
}

void LedgerBook::load(const BalanceRow& row) { balances_[key_of(row.account, row.asset)] = row; }

void LedgerBook::load(const OrderRow& row) {
  OrderRow& order = orders_[row.created_sequence] = row;
  if (order.order_id != 0) orders_by_id_[order.order_id] = &order;
}

Minor LedgerBook::balance(std::uint32_t account, std::uint32_t asset) const {
  const auto found = balances_.find(key_of(account, asset));
  return found == balances_.end() ? 0 : found->second.balance;
}

std::uint64_t LedgerBook::add(const follower::CommandEvents& events) {
  check_sums(events);
  for (std::size_t i = 0; i < events.legs.size(); ++i) add_leg(events.entry, events.legs[i], i);
  using Kind = proto::ReportKind;
  const auto is_cancel = [](const follower::OrderEvent& event) {
    return event.kind == raw(Kind::OrderCancelled);
  };
  // In the order in which one command does it: enter or replace, trade, cancel.
  for (const follower::OrderEvent& event : events.orders) {
    if (!kept(event.account) || is_cancel(event)) continue;
    if (event.kind == raw(Kind::OrderReplaced)) {
      change_order(events.entry, event);
    } else {
      enter_order(events.entry, event);
    }
  }
  for (const follower::TradeEvent& trade : events.trades) add_trade(events, trade);
  for (const follower::OrderEvent& event : events.orders) {
    if (kept(event.account) && is_cancel(event)) change_order(events.entry, event);
  }
  add_busts(events);
  return events.legs.size() + events.trades.size() + events.orders.size();
}

/// Over one command the legs of each asset add up to zero.
void LedgerBook::check_sums(const follower::CommandEvents& events) const {
  std::vector<std::pair<std::uint32_t, Int128>> sums;  // a command moves few assets
  for (const LedgerLeg& leg : events.legs) {
    auto sum = sums.begin();
    while (sum != sums.end() && sum->first != leg.asset) ++sum;
    if (sum == sums.end()) sum = sums.insert(sums.end(), {leg.asset, 0});
    sum->second += leg.amount;
  }
  for (const auto& [asset, sum] : sums) {
    if (sum == 0) continue;
    throw Refused("the legs of sequence " + std::to_string(events.entry.sequence) +
                  " add up to " + events::wide_text(sum) + " in asset " + std::to_string(asset) +
                  ", not to 0");
  }
}

void LedgerBook::add_leg(const follower::EventEntry& entry, const LedgerLeg& leg,
                         std::size_t number) {
  BalanceRow& row = balances_[key_of(leg.account, leg.asset)];
  row.account = leg.account;
  row.asset = leg.asset;
  Minor after = 0;
  const bool fits = !__builtin_add_overflow(row.balance, leg.amount, &after);
  // The outside world's balance is not in the leg.
  if (!fits || (leg.account != 0 && after != leg.balance)) {
    throw Refused("contradiction at " + place(entry.sequence, number) + ": account " +
                  std::to_string(leg.account) + " has " + std::to_string(row.balance) +
                  " of asset " + std::to_string(leg.asset) + ", the leg adds " +
                  std::to_string(leg.amount) + " and says that it has " +
                  std::to_string(leg.balance) + " then");
  }
  row.balance = after;
  row.sequence = entry.sequence;
  if (!row.changed) changed_balances_.push_back(&row);
  row.changed = true;
  if (leg.account != 0 && (leg.reason == LegReason::kDeposit ||
                           leg.reason == LegReason::kWithdrawal)) {
    TotalRow& total = totals_[leg.asset];
    total.changed = true;
    if (leg.reason == LegReason::kDeposit) total.deposits += leg.amount;
    if (leg.reason == LegReason::kWithdrawal) total.withdrawals -= leg.amount;
  }
  entries.begin_row(11);
  entries.add(bits(entry.sequence));
  entries.add(leg.amount);
  entries.add(leg.balance);
  entries.add(bits(leg.reference));
  entries.add(bits(entry.time_ns));
  entries.add(column(leg.account));
  entries.add(column(leg.asset));
  entries.add(column(leg.market));
  entries.add(column(shard_));
  entries.add(static_cast<std::int16_t>(number));
  entries.add(static_cast<std::int16_t>(raw(leg.reason)));
}

void LedgerBook::add_trade(const follower::CommandEvents& events,
                           const follower::TradeEvent& trade) {
  const events::TradeAmounts amounts = events::amounts_of(events, trade);
  trades.begin_row(18);
  trades.add(bits(trade.trade_id));
  trades.add(bits(events.entry.sequence));
  trades.add(bits(events.entry.time_ns));
  trades.add(trade.price_ticks);
  trades.add(trade.quantity_lots);
  trades.add(amounts.base);
  trades.add(amounts.quote);
  trades.add(bits(trade.maker_order_id));
  trades.add(bits(trade.taker_order_id));
  trades.add(trade.maker_fee);
  trades.add(trade.taker_fee);
  trades.add(column(trade.maker_account));
  trades.add(column(trade.taker_account));
  trades.add(column(trade.market));
  trades.add(column(amounts.base_asset));
  trades.add(column(amounts.quote_asset));
  trades.add(column(shard_));
  trades.add(static_cast<std::int16_t>(trade.taker_side));
  if (kept(trade.maker_account)) fill_order(events.entry, trade, amounts.quote, false);
  if (kept(trade.taker_account)) fill_order(events.entry, trade, amounts.quote, true);
}

void LedgerBook::add_busts(const follower::CommandEvents& events) {
  for (const events::Bust& bust : events::busts_of(events)) {
    busts.begin_row(4);
    busts.add(bits(bust.trade_id));
    busts.add(bits(events.entry.sequence));
    busts.add(bits(events.entry.time_ns));
    busts.add(column(shard_));
  }
}

// ---- orders --------------------------------------------------------------------------------

OrderRow* LedgerBook::find_order(std::uint64_t order_id) {
  const auto found = orders_by_id_.find(order_id);
  if (found != orders_by_id_.end()) return found->second;
  ++unknown_orders_;
  return nullptr;
}

void LedgerBook::touch(OrderRow& order, const follower::EventEntry& entry) {
  order.updated_ns = entry.time_ns;
  order.updated_sequence = entry.sequence;
  if (!order.changed) changed_orders_.push_back(&order);
  order.changed = true;
}

void LedgerBook::enter_order(const follower::EventEntry& entry,
                             const follower::OrderEvent& event) {
  const bool accepted = event.kind == raw(proto::ReportKind::OrderAccepted);
  OrderRow& order = orders_[entry.sequence];
  if (order.created_sequence != 0) {
    throw Refused("sequence " + std::to_string(entry.sequence) + " enters two orders");
  }
  order.created_sequence = entry.sequence;
  order.created_ns = entry.time_ns;
  order.order_id = accepted ? event.order_id : 0;  // a duplicate names the earlier order
  order.client_order_id = event.client_order_id;
  order.price_ticks = event.quote_budget != 0 ? 0 : event.price_ticks;  // an amount, no price
  order.quantity_lots = event.quantity_lots;
  order.leaves_lots = accepted ? event.leaves_lots : 0;
  order.filled_lots = accepted ? event.cumulative_lots : 0;
  order.account = event.account;
  order.market = event.market;
  order.side = event.side;
  order.type = event.type;
  order.time_in_force = event.time_in_force;
  order.status = accepted ? OrderStatus::kOpen : OrderStatus::kRejected;
  order.reason = event.reason;
  if (accepted) orders_by_id_[order.order_id] = &order;
  touch(order, entry);
}

/// Replaced or cancelled.
void LedgerBook::change_order(const follower::EventEntry& entry,
                              const follower::OrderEvent& event) {
  OrderRow* order = find_order(event.order_id);
  if (order == nullptr) return;
  order->leaves_lots = event.leaves_lots;
  order->filled_lots = event.cumulative_lots;
  if (event.kind == raw(proto::ReportKind::OrderCancelled)) {
    order->status = OrderStatus::kCancelled;
    order->reason = event.reason;
  } else {
    order->client_order_id = event.client_order_id;
    order->price_ticks = event.price_ticks;
    order->quantity_lots = event.quantity_lots;
  }
  touch(*order, entry);
}

void LedgerBook::fill_order(const follower::EventEntry& entry, const follower::TradeEvent& trade,
                            Minor quote_amount, bool taker) {
  OrderRow* order = find_order(taker ? trade.taker_order_id : trade.maker_order_id);
  if (order == nullptr) return;
  order->leaves_lots = taker ? trade.taker_leaves_lots : trade.maker_leaves_lots;
  order->filled_lots = taker ? trade.taker_cumulative_lots : trade.maker_cumulative_lots;
  order->filled_quote += quote_amount;
  order->filled_fee += taker ? trade.taker_fee : trade.maker_fee;
  if (order->leaves_lots == 0) order->status = OrderStatus::kFilled;
  touch(*order, entry);
}

// ---- collected -----------------------------------------------------------------------------

std::vector<std::pair<std::uint32_t, TotalRow*>> LedgerBook::changed_totals() {
  std::vector<std::pair<std::uint32_t, TotalRow*>> changed;
  for (auto& [asset, total] : totals_) {
    if (total.changed) changed.emplace_back(asset, &total);
  }
  return changed;
}

void LedgerBook::written() {
  entries.clear();
  trades.clear();
  busts.clear();
  for (BalanceRow* row : changed_balances_) row->changed = false;
  changed_balances_.clear();
  for (auto& [asset, total] : totals_) total.changed = false;
  for (OrderRow* order : changed_orders_) {
    order->changed = false;
    if (order->status == OrderStatus::kOpen) continue;
    const auto found = orders_by_id_.find(order->order_id);
    if (found != orders_by_id_.end() && found->second == order) orders_by_id_.erase(found);
    orders_.erase(order->created_sequence);
  }
  changed_orders_.clear();
}

}  // namespace saker::accounts
