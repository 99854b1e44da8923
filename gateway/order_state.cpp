#include "gateway/order_state.hpp"

#include <algorithm>

namespace saker::gateway {
namespace {

using proto::ReportKind;

std::uint64_t time_ms(const proto::Report& report) { return report.sequenced_ns() / 1'000'000; }

void settle_status(Order& order) {
  if (order.leaves_lots == 0) {
    order.status = OrderStatus::kFilled;
    order.reason = proto::Reason::NONE;
  } else {
    order.status = order.filled_lots > 0 ? OrderStatus::kPartiallyFilled : OrderStatus::kOpen;
  }
}

void begin(Order& order, const proto::Report& report) {
  order.order_id = report.order_id();
  order.account = report.account();
  order.market = report.market();
  order.side = report.side();
  order.created_ns = report.sequenced_ns();
  // Its story begins before what we have seen.
  order.fills_known = report.kind() == ReportKind::OrderAccepted ||
                      report.cumulative_lots() == 0 ||
                      (report.kind() == ReportKind::OrderFilled &&
                       report.cumulative_lots() == report.quantity_lots());
}

/// Only an order that rests can be replaced, make a trade, or be cancelled from outside.
bool was_resting(const proto::Report& report) {
  switch (report.kind()) {
    case ReportKind::OrderReplaced: return true;
    case ReportKind::OrderFilled: return report.liquidity() == proto::Liquidity::Maker;
    case ReportKind::OrderCancelled: break;
    default: return false;
  }
  switch (report.reason()) {
    case proto::Reason::CANCEL_IMMEDIATE_REMAINDER:
    case proto::Reason::CANCEL_PROTECTION:
    case proto::Reason::CANCEL_BUDGET_SPENT:
    case proto::Reason::CANCEL_SELF_TRADE: return false;
    default: return true;
  }
}

void cancel(Order& order, const proto::Report& report) {
  order.status = OrderStatus::kCancelled;
  order.reason = report.reason();
  // Market orders and what ends at once never rest; reports do not name the type.
  if (report.reason() == proto::Reason::CANCEL_PROTECTION ||
      report.reason() == proto::Reason::CANCEL_BUDGET_SPENT) {
    order.type = proto::OrderType::Market;
    order.time_in_force = proto::TimeInForce::ImmediateOrCancel;
  }
  if (report.reason() == proto::Reason::CANCEL_IMMEDIATE_REMAINDER) {
    order.time_in_force = proto::TimeInForce::ImmediateOrCancel;
  }
}

}  // namespace

Fill fill_of(const proto::Report& report) {
  return {report.trade_id(), report.order_id(), report.market(),
          report.side(),     report.liquidity(), report.price_ticks(),
          report.quantity_lots(), report.amount_minor(), time_ms(report)};
}

Order order_of(const proto::OpenOrder& open) {
  Order order;
  order.order_id = open.order_id();
  order.client_order_id = open.client_order_id();
  order.account = open.account();
  order.market = open.market();
  order.side = open.side();
  order.type = open.type();
  order.time_in_force = open.time_in_force();
  order.price_ticks = open.price_ticks();
  order.quantity_lots = open.quantity_lots();
  order.leaves_lots = open.leaves_lots();
  order.filled_lots = open.cumulative_lots();
  order.fills_known = order.filled_lots == 0;
  order.kind_known = true;
  order.created_ns = open.entered_ns();
  order.updated_ms = open.entered_ns() / 1'000'000;
  settle_status(order);
  return order;
}

bool apply_report(Order& order, const proto::Report& report) {
  const ReportKind kind = report.kind();
  if (kind != ReportKind::OrderAccepted && kind != ReportKind::OrderFilled &&
      kind != ReportKind::OrderCancelled && kind != ReportKind::OrderReplaced) {
    return false;
  }
  if (order.order_id == 0) begin(order, report);
  order.client_order_id = report.client_order_id();
  order.updated_ms = time_ms(report);
  order.leaves_lots = report.leaves_lots();
  order.filled_lots = report.cumulative_lots();
  if (kind == ReportKind::OrderFilled) {
    order.ticks_times_lots +=
        static_cast<__int128>(report.price_ticks()) * report.quantity_lots();
    order.quantity_lots =
        std::max(order.quantity_lots, report.cumulative_lots() + report.leaves_lots());
  } else {
    order.price_ticks = report.price_ticks();
    order.quantity_lots = report.quantity_lots();
    if (kind == ReportKind::OrderAccepted) order.as_placed = true;
    if (kind == ReportKind::OrderReplaced) order.as_placed = false;
  }
  if (!order.kind_known && was_resting(report)) apply_wish(order, {});
  if (kind == ReportKind::OrderCancelled) {
    cancel(order, report);
  } else {
    settle_status(order);
  }
  return true;
}

void apply_wish(Order& order, const OrderWish& wish) {
  order.type = wish.type;
  order.time_in_force = wish.time_in_force;
  order.budget_minor = wish.budget_minor;
  order.kind_known = true;
}

OrderStory story_of(std::uint64_t order_id, std::span<const proto::Report> reports) {
  OrderStory story;
  for (const proto::Report& report : reports) {
    if (report.order_id() != order_id || !apply_report(story.order, report)) continue;
    if (report.kind() == ReportKind::OrderAccepted) story.as_accepted = story.order;
    if (report.kind() == ReportKind::OrderFilled) story.fills.push_back(fill_of(report));
  }
  return story;
}

void AccountOrders::clear() {
  open_.clear();
  closed_.clear();
}

void AccountOrders::put(const Order& order) { open_[order.order_id] = order; }

void AccountOrders::expect(std::uint64_t client_sequence, std::uint64_t client_order_id,
                           const OrderWish& wish) {
  wishes_.push_back({client_sequence, client_order_id, wish});
  if (wishes_.size() > kMostWishes) wishes_.pop_front();
}

/// Other tries under the same id may have come to nothing, and another session has our numbers too.
std::optional<OrderWish> AccountOrders::take_wish(const proto::Report& report) {
  const auto found = std::find_if(wishes_.begin(), wishes_.end(), [&](const Expected& expected) {
    return expected.client_sequence == report.client_sequence() &&
           expected.client_order_id == report.client_order_id();
  });
  if (found == wishes_.end()) return std::nullopt;
  const OrderWish wish = found->wish;
  wishes_.erase(found);
  return wish;
}

const Order* AccountOrders::on_report(const proto::Report& report) {
  if (report.kind() == ReportKind::OrderRejected) take_wish(report);
  const auto found = open_.find(report.order_id());
  Order order = found != open_.end() ? found->second : Order{};
  if (!apply_report(order, report)) return nullptr;
  if (report.kind() == ReportKind::OrderAccepted) {
    if (const auto wish = take_wish(report)) apply_wish(order, *wish);
  }
  if (order.status == OrderStatus::kOpen || order.status == OrderStatus::kPartiallyFilled) {
    return &(open_[order.order_id] = order);
  }
  if (found != open_.end()) open_.erase(found);
  closed_.push_back(order);
  if (closed_.size() > kMostClosed) closed_.pop_front();
  return &closed_.back();
}

const Order* AccountOrders::find(std::uint64_t order_id) const {
  const auto found = open_.find(order_id);
  if (found != open_.end()) return &found->second;
  const auto closed = std::find_if(closed_.rbegin(), closed_.rend(), [&](const Order& order) {
    return order.order_id == order_id;
  });
  return closed == closed_.rend() ? nullptr : &*closed;
}

const Order* AccountOrders::find_client_order(std::uint64_t client_order_id) const {
  if (client_order_id == 0) return nullptr;
  for (const auto& [id, order] : open_) {
    if (order.client_order_id == client_order_id) return &order;
  }
  const auto closed = std::find_if(closed_.rbegin(), closed_.rend(), [&](const Order& order) {
    return order.client_order_id == client_order_id;
  });
  return closed == closed_.rend() ? nullptr : &*closed;
}

}  // namespace saker::gateway
