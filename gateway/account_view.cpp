#include "gateway/account_view.hpp"

#include <algorithm>

namespace saker::gateway {

void AccountView::begin_load() {
  state_ = ViewState::kLoading;
  orders_.clear();
  kept_.clear();
  changed_orders_.clear();
  new_fills_.clear();
  account_sequence_ = 0;
}

void AccountView::forget() {
  begin_load();
  state_ = ViewState::kEmpty;
}

bool AccountView::finish_load(const AccountAnswer& answer) {
  if (kept_.size() >= kMostKept) return false;
  for (const proto::OpenOrder& open : answer.orders) orders_.put(order_of(open));
  loaded_to_ = answer.applied;
  ready_at_ = std::max(answer.applied, answer.numbered);
  account_sequence_ = answer.next_account_sequence - 1;
  state_ = ViewState::kLoaded;
  for (const proto::Report& report : kept_) apply(report);
  kept_.clear();
  kept_.shrink_to_fit();
  return true;
}

bool AccountView::on_complete(Sequence sequence) {
  if (state_ != ViewState::kLoaded || sequence < ready_at_) return false;
  state_ = ViewState::kReady;
  // Who listens gets snapshots, which have all that happened until now.
  changed_orders_.clear();
  new_fills_.clear();
  for (PrivateStream& stream : streams_) {
    stream.sequence = account_sequence_;
    std::move(stream.subscribers.begin(), stream.subscribers.end(),
              std::back_inserter(stream.waiting));
    stream.subscribers.clear();
  }
  return true;
}

void AccountView::on_report(const proto::Report& report) {
  if (state_ == ViewState::kEmpty) return;
  if (state_ != ViewState::kLoading) return apply(report);
  if (kept_.size() < kMostKept) kept_.push_back(report);
}

void AccountView::apply(const proto::Report& report) {
  account_sequence_ = std::max(account_sequence_, report.account_sequence());
  engine_sequence_ = std::max(engine_sequence_, report.engine_sequence());
  balances_changed = true;
  if (report.kind() == proto::ReportKind::OrderFilled) {
    const Fill fill = fill_of(report);
    fills_.push_back(fill);
    if (fills_.size() > kMostFills) fills_.pop_front();
    new_fills_.push_back(fill);
  }
  if (report.engine_sequence() <= loaded_to_) return;  // the loaded orders have it
  const Order* order = orders_.on_report(report);
  if (order == nullptr) return;
  for (Order& changed : changed_orders_) {
    if (changed.order_id == order->order_id) {
      changed = *order;
      return;
    }
  }
  changed_orders_.push_back(*order);
}

std::vector<Fill> AccountView::fills_of(std::uint64_t order_id) const {
  std::vector<Fill> fills;
  for (const Fill& fill : fills_) {
    if (fill.order_id == order_id) fills.push_back(fill);
  }
  return fills;
}

bool AccountView::has_listeners() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const PrivateStream& stream) {
    return !stream.subscribers.empty() || !stream.waiting.empty();
  });
}

}  // namespace saker::gateway
