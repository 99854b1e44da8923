// NewOrder, CancelOrder, ReplaceOrder.
#include "engine/core/state.hpp"

namespace saker::core {

void State::new_order(const proto::NewOrder& o) {
  const Reason reason = check_new_order(o);
  if (reason != Reason::NONE) {
    proto::Report& report = add_reject(ReportKind::OrderRejected, reason, o.account());
    report.mutate_client_order_id(o.client_order_id());
    if (reason == Reason::ORDER_DUPLICATE_CLIENT_ID) {
      report.mutate_order_id(client_id_table.find(o.account(), o.client_order_id())->order_id);
    }
    report.mutate_price_ticks(o.price_ticks());
    report.mutate_quantity_lots(o.quantity_lots());
    report.mutate_market(o.market());
    report.mutate_side(o.side());
    return;
  }
  const Market& market = markets[o.market()];
  const std::uint32_t slot = take_slot();
  OrderHot& h = hot[slot];
  OrderCold& c = cold[slot];
  h.price = static_cast<std::int32_t>(effective_limit(market, o));
  h.leaves = budget_quantity(market, o);
  h.account = o.account();
  h.market = static_cast<std::uint16_t>(o.market());
  h.side = o.side();
  h.place = raw(OrderPlace::kTaking);
  c.client_order_id = o.client_order_id();
  c.entry_sequence = sequence;
  c.entered_ns = time_ns;
  c.quantity = h.leaves;
  c.session = from.session;
  c.type = o.type();
  c.time_in_force = o.time_in_force();
  c.by_budget = o.quote_budget() != 0;
  remember_client_id(slot);
  if (h.side == Side::Sell) {
    change_hold(slot, h.leaves * market.lot_size);
  } else if (c.by_budget) {
    change_hold(slot, o.quote_budget());
  } else {
    change_hold(slot, static_cast<Minor>(buy_hold(market, h.price, h.leaves, 0)));
  }
  order_report(ReportKind::OrderAccepted, slot, from.session);
  match(slot);
}

std::uint32_t State::find_resting(std::uint32_t account, std::uint64_t id,
                                  std::uint64_t client_id) {
  if (id == 0 && client_id != 0) {
    const ClientIdEntry* entry = client_id_table.find(account, client_id);
    if (entry == nullptr || !entry->live) return 0;
    id = entry->order_id;
  }
  const auto slot = static_cast<std::uint32_t>(id);
  if (slot == 0 || slot >= hot.size() || order_id(slot) != id) return 0;
  if (hot[slot].account != account || place(slot) != OrderPlace::kResting) return 0;
  return slot;
}

void State::cancel_order(const proto::CancelOrder& c) {
  Reason reason =
      check_account_right(c.account(), raw(proto::Rights::Trade) | raw(proto::Rights::Cancel));
  std::uint32_t slot = 0;
  if (reason == Reason::NONE) {
    slot = find_resting(c.account(), c.order_id(), c.client_order_id());
    if (slot == 0) reason = Reason::UNKNOWN_ORDER;
  }
  if (reason != Reason::NONE) {
    proto::Report& report = add_reject(ReportKind::CancelRejected, reason, c.account());
    report.mutate_client_order_id(c.client_order_id());
    report.mutate_order_id(c.order_id());
    return;
  }
  finish_cancel(slot, Reason::CANCEL_REQUESTED);
}

void State::replace_order(const proto::ReplaceOrder& r) {
  Reason reason = check_account_right(r.account(), raw(proto::Rights::Trade));
  std::uint32_t slot = 0;
  if (reason == Reason::NONE) {
    slot = find_resting(r.account(), r.order_id(), r.client_order_id());
    reason = slot == 0 ? Reason::UNKNOWN_ORDER : check_replace_request(r, slot);
  }
  if (reason == Reason::NONE && r.quantity_lots() <= cold[slot].cumulative) {
    finish_cancel(slot, Reason::CANCEL_REPLACED_TO_FILLED);
    return;
  }
  if (reason == Reason::NONE) reason = check_replace(r, slot);
  if (reason != Reason::NONE) {
    proto::Report& report = add_reject(ReportKind::ReplaceRejected, reason, r.account());
    report.mutate_client_order_id(r.client_order_id());
    report.mutate_order_id(r.order_id());
    report.mutate_price_ticks(r.price_ticks());
    report.mutate_quantity_lots(r.quantity_lots());
    return;
  }
  carry_out_replace(r, slot);
}

Reason State::check_replace_request(const proto::ReplaceOrder& r, std::uint32_t slot) const {
  const Market& market = markets[hot[slot].market];
  const std::uint64_t new_id = r.new_client_order_id();
  if (new_id != 0 && new_id != cold[slot].client_order_id &&
      client_id_table.find(r.account(), new_id) != nullptr) {
    return Reason::ORDER_DUPLICATE_CLIENT_ID;
  }
  if (is_killed(r.account())) return Reason::PERMISSION_KILL_SWITCH;
  if (market.phase != MarketPhase::Open) return Reason::MARKET_NOT_OPEN;
  if (r.price_ticks() < 1 || r.price_ticks() > market.params.max_price_ticks()) {
    return Reason::ORDER_PRICE_INVALID;
  }
  if (r.quantity_lots() < 1 || r.quantity_lots() > market.params.max_quantity_lots()) {
    return Reason::ORDER_QUANTITY_INVALID;
  }
  return Reason::NONE;
}

void State::carry_out_replace(const proto::ReplaceOrder& r, std::uint32_t slot) {
  OrderHot& h = hot[slot];
  OrderCold& c = cold[slot];
  const Market& market = markets[h.market];
  const std::int64_t leaves = r.quantity_lots() - c.cumulative;
  const bool keeps_priority = r.price_ticks() == h.price && leaves <= h.leaves;
  const std::int64_t less = h.leaves - leaves;
  const std::uint32_t owner = c.session;

  if (r.new_client_order_id() != 0 && r.new_client_order_id() != c.client_order_id) {
    retire_client_id(slot);
    c.client_order_id = r.new_client_order_id();
    remember_client_id(slot);
  }
  if (owner != from.session) {
    leave_session(slot);
    join_session(slot, from.session);
  }
  if (keeps_priority) {
    book_side(h).at(prices, key_of(h.side, h.price)).lots -= less;
  } else {
    remove_from_book(slot);
    c.entry_sequence = sequence;
    c.entered_ns = time_ns;
  }
  h.price = static_cast<std::int32_t>(r.price_ticks());
  h.leaves = leaves;
  c.quantity = r.quantity_lots();
  change_hold(slot, h.side == Side::Buy
                        ? static_cast<Minor>(buy_hold(market, h.price, leaves, c.fee_slack))
                        : leaves * market.lot_size);
  order_report(ReportKind::OrderReplaced, slot, from.session);
  if (owner != from.session) order_report(ReportKind::OrderReplaced, slot, owner, true);
  if (!keeps_priority) {
    match(slot);
  } else if (less != 0) {
    proto::FeedMessage& message = add_feed(FeedKind::OrderReduced, h.market);
    message.mutate_feed_order_id(c.feed_order_id);
    message.mutate_price_ticks(h.price);
    message.mutate_quantity_lots(less);
    message.mutate_leaves_lots(leaves);
    message.mutate_side(h.side);
  }
}

}  // namespace saker::core
