#include "client/order_tracker.hpp"

#include <algorithm>

namespace saker::client {

using proto::ReportKind;
using proto::Side;

OrderTracker::OrderTracker(std::uint32_t session, std::size_t expected_orders)
    : session_(session), index_(expected_orders) {
  pool_.reserve(expected_orders);
  free_.reserve(expected_orders);
  positions_.reserve(16);
}

void OrderTracker::define(const proto::MarketDefinition& definition) {
  if (definition.market() == 0) return;
  if (markets_.size() < definition.market()) markets_.resize(definition.market());
  markets_[definition.market() - 1] = definition;
}

const TrackedOrder* OrderTracker::find(std::uint64_t order_id) const {
  const std::uint32_t slot = index_.find(order_id);
  return slot == FlatIndex::kNone ? nullptr : &pool_[slot];
}

const TrackedOrder* OrderTracker::find_client_order(std::uint32_t account,
                                                    std::uint64_t client_order_id) const {
  for (const TrackedOrder& order : pool_) {
    if (order.order_id != 0 && order.account == account &&
        order.client_order_id == client_order_id) {
      return &order;
    }
  }
  return nullptr;
}

std::int64_t OrderTracker::open_lots(std::uint32_t account, std::uint32_t market,
                                     Side side) const {
  std::int64_t lots = 0;
  for (const TrackedOrder& order : pool_) {
    if (order.order_id != 0 && order.account == account && order.market == market &&
        order.side == side) {
      lots += order.leaves_lots;
    }
  }
  return lots;
}

Position& OrderTracker::position_of(std::uint32_t account, std::uint32_t asset) {
  for (Position& position : positions_) {
    if (position.account == account && position.asset == asset) return position;
  }
  positions_.push_back({account, asset, 0, 0});
  return positions_.back();
}

Position OrderTracker::position(std::uint32_t account, std::uint32_t asset) const {
  for (const Position& position : positions_) {
    if (position.account == account && position.asset == asset) return position;
  }
  return {account, asset, 0, 0};
}

void OrderTracker::put(const TrackedOrder& order) {
  highest_client_order_id_ = std::max(highest_client_order_id_, order.client_order_id);
  std::uint32_t slot = index_.find(order.order_id);
  if (slot == FlatIndex::kNone) {
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(pool_.size());
      pool_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    index_.insert(order.order_id, slot);
  }
  pool_[slot] = order;
}

void OrderTracker::remove(std::uint64_t order_id) {
  const std::uint32_t slot = index_.find(order_id);
  if (slot == FlatIndex::kNone) return;
  index_.erase(order_id);
  pool_[slot] = {};
  free_.push_back(slot);
}

void OrderTracker::count_fill(const proto::Report& report) {
  if (report.market() == 0 || report.market() > markets_.size()) return;
  const proto::MarketDefinition& market = markets_[report.market() - 1];
  if (market.market() == 0) return;
  const Minor base = report.quantity_lots() * market.lot_size();
  const Minor quote = report.price_ticks() * report.quantity_lots() * market.tick_value();
  const bool buys = report.side() == Side::Buy;
  const auto move = [&](std::uint32_t asset, Minor amount) {
    Position& position = position_of(report.account(), asset);
    position.total += amount;
    position.traded += amount;
  };
  move(market.base_asset(), buys ? base : -base);
  move(market.quote_asset(), (buys ? -quote : quote) - report.amount_minor());
}

void OrderTracker::on_report(const proto::Report& report) {
  engine_sequence_ = std::max(engine_sequence_, report.engine_sequence());
  if (resyncing_) {
    kept_.push_back(report);
  } else {
    apply(report, true, true);
  }
}

void OrderTracker::apply(const proto::Report& report, bool orders, bool money) {
  if (money && report.kind() == ReportKind::OrderFilled) count_fill(report);
  if (!orders) return;
  TrackedOrder order{.order_id = report.order_id(),
                     .client_order_id = report.client_order_id(),
                     .price_ticks = report.price_ticks(),
                     .quantity_lots = report.quantity_lots(),
                     .leaves_lots = report.leaves_lots(),
                     .cumulative_lots = report.cumulative_lots(),
                     .account = report.account(),
                     .market = report.market(),
                     .side = report.side()};
  switch (report.kind()) {
    case ReportKind::OrderReplaced:
      // Replaced by another session: it gets the order's reports from now on.
      if (report.client_sequence() == 0) return remove(report.order_id());
      [[fallthrough]];
    case ReportKind::OrderAccepted:
      return put(order);
    case ReportKind::OrderFilled: {
      if (report.leaves_lots() == 0) return remove(report.order_id());
      const TrackedOrder* known = find(report.order_id());
      if (known == nullptr) return;
      order.price_ticks = known->price_ticks;
      order.quantity_lots = known->quantity_lots;
      return put(order);
    }
    case ReportKind::OrderCancelled:
      return remove(report.order_id());
    default:
      return;
  }
}

void OrderTracker::begin_resync() {
  resyncing_ = true;
  pool_.clear();
  free_.clear();
  index_.clear();
  positions_.clear();
  kept_.clear();
}

void OrderTracker::add_open_order(const proto::OpenOrder& order) {
  highest_client_order_id_ = std::max(highest_client_order_id_, order.client_order_id());
  if (order.session() != session_ || order.leaves_lots() == 0) return;
  put({.order_id = order.order_id(),
       .client_order_id = order.client_order_id(),
       .price_ticks = order.price_ticks(),
       .quantity_lots = order.quantity_lots(),
       .leaves_lots = order.leaves_lots(),
       .cumulative_lots = order.cumulative_lots(),
       .account = order.account(),
       .market = order.market(),
       .side = order.side()});
}

void OrderTracker::add_balance(const proto::Balance& balance) {
  position_of(balance.account(), balance.asset()).total = balance.available() + balance.held();
}

void OrderTracker::end_resync(Sequence orders_applied, Sequence balances_applied) {
  resyncing_ = false;
  for (const proto::Report& report : kept_) {
    apply(report, report.engine_sequence() > orders_applied,
          report.engine_sequence() > balances_applied);
  }
  kept_.clear();
  engine_sequence_ = std::max({engine_sequence_, orders_applied, balances_applied});
}

}  // namespace saker::client
