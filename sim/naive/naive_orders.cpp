// NewOrder, CancelOrder, ReplaceOrder.
#include "sim/naive/naive_exchange.hpp"

namespace saker::naive {

using proto::OrderType;
using proto::ReportKind;
using proto::Rights;
using proto::TimeInForce;

namespace {

/// Rejects for these reasons are no part of the account's drop copy.
bool may_not_act(proto::Reason reason) {
  return reason == proto::Reason::UNKNOWN_ACCOUNT ||
         reason == proto::Reason::PERMISSION_ACCOUNT_NOT_GRANTED ||
         reason == proto::Reason::PERMISSION_NOT_LOGGED_ON ||
         reason == proto::Reason::PERMISSION_DENIED;
}

bool notional_outside(Int128 notional, const proto::MarketParams& params, bool check_minimum) {
  return (check_minimum && notional < params.min_notional()) ||
         (params.max_notional() != 0 && notional > params.max_notional()) ||
         notional > kMostMoney;
}

}  // namespace

// -- NewOrder -----------------------------------------------------------------------------------

void NaiveExchange::new_order() {
  const auto c = command_->as<proto::NewOrder>();
  Order order;
  std::uint64_t duplicate_of = 0;
  Reason reason = check_new_order(c, &duplicate_of);
  if (reason == Reason::NONE) {
    const Market& market = markets_[c.market() - 1];
    order.client_order_id = c.client_order_id();
    order.by_budget = c.quote_budget() != 0;
    order.price = c.price_ticks();
    order.quantity = order.leaves = c.quantity_lots() != 0 ? c.quantity_lots()
                                                           : market.params.max_quantity_lots();
    order.account = c.account();
    order.market = c.market();
    order.session = command_->session;
    order.side = c.side();
    order.type = c.type();
    order.time_in_force = c.time_in_force();
    order.entry_sequence = command_->sequence;
    order.entered_ns = command_->time_ns;
    reason = set_effective_limit(c, market, &order);
  }
  if (reason == Reason::NONE && free_slots_.empty()) reason = Reason::CAPACITY_ORDERS;
  if (reason == Reason::NONE && c.time_in_force() == TimeInForce::GoodTillCancel &&
      !level_can_be_made(order.market, order.side, order.price)) {
    reason = Reason::CAPACITY_PRICE_LEVELS;
  }
  if (reason == Reason::NONE) {
    const auto& definition = markets_[order.market - 1].definition;
    const std::uint32_t asset =
        order.side == Side::Buy ? definition.quote_asset() : definition.base_asset();
    const Int128 hold = order.by_budget ? Int128(c.quote_budget())
                                        : hold_for(order, order.price, order.leaves);
    if (hold > balance_of(order.account, asset).available) {
      reason = Reason::RISK_INSUFFICIENT_BALANCE;
    } else {
      set_hold(order, static_cast<std::int64_t>(hold));
    }
  }
  if (reason == Reason::NONE) return accept_new_order(order);
  proto::Report& report = add_report(command_->session, ReportKind::OrderRejected, c.account(),
                                     !may_not_act(reason));
  report.mutate_client_order_id(c.client_order_id());
  report.mutate_order_id(duplicate_of);
  report.mutate_market(c.market());
  report.mutate_side(c.side());
  report.mutate_price_ticks(c.price_ticks());
  report.mutate_quantity_lots(c.quantity_lots());
  report.mutate_reason(reason);
}

proto::Reason NaiveExchange::check_new_order(const proto::NewOrder& c,
                                             std::uint64_t* duplicate_of) {
  const Reason may = may_act_for(c.account(), static_cast<std::uint32_t>(Rights::Trade));
  if (may != Reason::NONE) return may;
  if (!market_exists(c.market())) return Reason::UNKNOWN_MARKET;
  const Market& market = markets_[c.market() - 1];
  if (c.client_order_id() != 0 &&
      client_id_known(c.account(), c.client_order_id(), duplicate_of)) {
    return Reason::ORDER_DUPLICATE_CLIENT_ID;
  }
  if (killed(c.account())) return Reason::PERMISSION_KILL_SWITCH;
  if (market.definition.phase() != proto::MarketPhase::Open) return Reason::MARKET_NOT_OPEN;
  const Reason fields = check_new_fields(c, market);
  if (fields != Reason::NONE) return fields;
  const Reason notional = check_new_notional(c, market);
  if (notional != Reason::NONE) return notional;
  if (c.type() == OrderType::Limit && outside(band(market), c.price_ticks())) {
    return Reason::RISK_PRICE_BAND;
  }
  const Account& account = accounts_[c.account() - 1];
  if (account.max_open_orders != 0 && account.open.size() >= account.max_open_orders) {
    return Reason::RISK_OPEN_ORDERS;
  }
  return Reason::NONE;
}

proto::Reason NaiveExchange::check_new_fields(const proto::NewOrder& c, const Market& market) {
  if (c.side() > Side::Sell) return Reason::ORDER_SIDE_INVALID;
  if (c.type() > OrderType::Market) return Reason::ORDER_TYPE_INVALID;
  if (c.time_in_force() > TimeInForce::ImmediateOrCancel) {
    return Reason::ORDER_TIME_IN_FORCE_INVALID;
  }
  if (c.self_trade_prevention() > proto::SelfTradePrevention::CancelTaker) {
    return Reason::ORDER_STP_INVALID;
  }
  const bool is_market = c.type() == OrderType::Market;
  if (is_market && c.time_in_force() != TimeInForce::ImmediateOrCancel) {
    return Reason::ORDER_TIME_IN_FORCE_INVALID;
  }
  const bool market_buy = is_market && c.side() == Side::Buy;
  const bool has_budget = c.quote_budget() != 0;
  const std::int64_t lowest = is_market ? 0 : 1;
  if (c.price_ticks() < lowest || c.price_ticks() > market.params.max_price_ticks()) {
    return Reason::ORDER_PRICE_INVALID;
  }
  if (market_buy && c.price_ticks() == 0 && !has_budget) return Reason::ORDER_PRICE_INVALID;
  if (c.quote_budget() < 0 || (has_budget && (!market_buy || c.price_ticks() != 0))) {
    return Reason::ORDER_BUDGET_INVALID;
  }
  const bool most_it_takes = has_budget && c.quantity_lots() == 0;
  if (!most_it_takes && (c.quantity_lots() < market.params.min_quantity_lots() ||
                         c.quantity_lots() > market.params.max_quantity_lots())) {
    return Reason::ORDER_QUANTITY_INVALID;
  }
  return Reason::NONE;
}

proto::Reason NaiveExchange::check_new_notional(const proto::NewOrder& c,
                                                const Market& market) {
  Int128 n = 0;
  if (c.quote_budget() != 0) {
    n = c.quote_budget();
  } else if (c.price_ticks() != 0) {
    n = notional(market, c.price_ticks(), c.quantity_lots());
  } else {
    return Reason::NONE;  // a market sell without a price
  }
  return notional_outside(n, market.params, true) ? Reason::ORDER_NOTIONAL_INVALID
                                                  : Reason::NONE;
}

/// A market order becomes a limit order at the worst price it may trade at.
proto::Reason NaiveExchange::set_effective_limit(const proto::NewOrder& c, const Market& market,
                                                 Order* order) {
  if (c.type() == OrderType::Limit) return Reason::NONE;
  const bool buy = c.side() == Side::Buy;
  const auto& opposite = buy ? market.asks : market.bids;
  if (opposite.empty()) return Reason::MARKET_NO_LIQUIDITY;
  const std::int64_t highest = market.params.max_price_ticks();
  std::int64_t limit = buy ? highest : 1;
  if (market.params.protection_ppm() != 0) {
    const std::int64_t touch = buy ? opposite.begin()->first : opposite.rbegin()->first;
    const auto distance = static_cast<std::int64_t>(
        Int128(touch) * market.params.protection_ppm() / kMillion);
    limit = buy ? touch + distance : touch - distance;
  }
  const auto stricter = [&](std::int64_t price) {
    limit = buy ? std::min(limit, price) : std::max(limit, price);
  };
  if (c.price_ticks() != 0) stricter(c.price_ticks());
  const auto edges = band(market);
  if (edges.second != 0) stricter(buy ? edges.second : edges.first);
  order->price = std::clamp<std::int64_t>(limit, 1, highest);
  return Reason::NONE;
}

void NaiveExchange::accept_new_order(Order order) {
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  order.id = (std::uint64_t{generations_[slot]} << 32) | slot;
  order.account_rank = next_rank_++;
  order.session_rank = next_rank_++;
  Account& account = accounts_[order.account - 1];
  account.open[order.account_rank] = order.id;
  sessions_[order.session - 1].orders[order.session_rank] = order.id;
  if (order.client_order_id != 0) {
    account.client_ids.push_back({order.client_order_id, order.id});
    if (account.client_ids.size() > genesis_.client_ids_per_account()) {
      account.client_ids.pop_front();
    }
  }
  Order& taker = orders_[order.id] = order;
  order_report(taker.session, ReportKind::OrderAccepted, taker, true);
  match(taker);
}

// -- the life of an order -----------------------------------------------------------------------

/// Sets aside `hold` for the order and frees or takes the difference.
void NaiveExchange::set_hold(Order& order, std::int64_t hold) {
  const auto& definition = market_of(order).definition;
  Balance& balance = balance_of(
      order.account,
      order.side == Side::Buy ? definition.quote_asset() : definition.base_asset());
  balance.available -= hold - order.hold;
  balance.held += hold - order.hold;
  order.hold = hold;
}

void NaiveExchange::move_to_session(Order& order, std::uint32_t session) {
  if (order.session == session) return;
  leaves_list(sessions_[order.session - 1].orders, order.session_rank);
  sessions_[order.session - 1].orders.erase(order.session_rank);
  order.session = session;
  order.session_rank = next_rank_++;
  sessions_[session - 1].orders[order.session_rank] = order.id;
}

void NaiveExchange::add_to_book(Order& order) {
  Market& market = market_of(order);
  auto& levels = order.side == Side::Buy ? market.bids : market.asks;
  if (levels.count(order.price) == 0) {
    ++leaves_in_use_[{order.market, static_cast<std::int64_t>(order.side), order.price / 64}];
  }
  levels[order.price].push_back(order.id);
  order.resting = true;
  order.feed_order_id = next_feed_order_id_++;
  proto::FeedMessage& message = order_feed(proto::FeedKind::OrderAdded, order);
  message.mutate_quantity_lots(order.leaves);
}

void NaiveExchange::take_off_book(Order& order) {
  Market& market = market_of(order);
  auto& levels = order.side == Side::Buy ? market.bids : market.asks;
  auto& level = levels[order.price];
  level.erase(std::find(level.begin(), level.end(), order.id));
  order.resting = false;
  if (!level.empty()) return;
  levels.erase(order.price);
  const std::array<std::int64_t, 3> leaf = {order.market, static_cast<std::int64_t>(order.side),
                                            order.price / 64};
  if (--leaves_in_use_[leaf] == 0) leaves_in_use_.erase(leaf);
}

/// The order is over: hold given back, slot on top of the free list. `order` is gone after this.
void NaiveExchange::end_order(Order& order) {
  set_hold(order, 0);
  if (order.resting) take_off_book(order);
  const auto slot = static_cast<std::uint32_t>(order.id);
  ++generations_[slot];
  free_slots_.push_back(slot);
  leaves_list(accounts_[order.account - 1].open, order.account_rank);
  leaves_list(sessions_[order.session - 1].orders, order.session_rank);
  accounts_[order.account - 1].open.erase(order.account_rank);
  sessions_[order.session - 1].orders.erase(order.session_rank);
  orders_.erase(order.id);
}

/// `requested`: by the command's sender, who gets the primary report; else by a job.
void NaiveExchange::cancel_resting(Order& order, Reason reason, bool requested) {
  proto::FeedMessage& message = order_feed(proto::FeedKind::OrderDeleted, order);
  message.mutate_quantity_lots(order.leaves);
  const std::uint32_t first = requested ? command_->session : order.session;
  for (const bool primary : {true, false}) {
    if (!primary && first == order.session) continue;
    proto::Report& report = order_report(primary ? first : order.session,
                                         ReportKind::OrderCancelled, order, primary);
    report.mutate_leaves_lots(0);
    report.mutate_reason(reason);
  }
  end_order(order);
}

// -- CancelOrder --------------------------------------------------------------------------------

void NaiveExchange::cancel_order() {
  const auto c = command_->as<proto::CancelOrder>();
  Reason reason = may_act_for(c.account(), static_cast<std::uint32_t>(Rights::Trade) |
                                               static_cast<std::uint32_t>(Rights::Cancel));
  Order* order = nullptr;
  if (reason == Reason::NONE) {
    order = find_order(c.account(), c.order_id(), c.client_order_id());
    if (order != nullptr) return cancel_resting(*order, Reason::CANCEL_REQUESTED, true);
    reason = Reason::UNKNOWN_ORDER;
  }
  proto::Report& report = add_report(command_->session, ReportKind::CancelRejected, c.account(),
                                     !may_not_act(reason));
  report.mutate_client_order_id(c.client_order_id());
  report.mutate_order_id(c.order_id());
  report.mutate_reason(reason);
}

// -- ReplaceOrder -------------------------------------------------------------------------------

void NaiveExchange::replace_order() {
  const auto c = command_->as<proto::ReplaceOrder>();
  Order* found = nullptr;
  bool to_filled = false;
  const Reason reason = check_replace(c, &found, &to_filled);
  if (reason != Reason::NONE) {
    proto::Report& report = add_report(command_->session, ReportKind::ReplaceRejected,
                                       c.account(), !may_not_act(reason));
    report.mutate_client_order_id(c.client_order_id());
    report.mutate_order_id(c.order_id());
    report.mutate_price_ticks(c.price_ticks());
    report.mutate_quantity_lots(c.quantity_lots());
    report.mutate_reason(reason);
    return;
  }
  Order& order = *found;
  if (to_filled) return cancel_resting(order, Reason::CANCEL_REPLACED_TO_FILLED, true);
  if (c.new_client_order_id() != 0 && c.new_client_order_id() != order.client_order_id) {
    order.client_order_id = c.new_client_order_id();
    Account& account = accounts_[order.account - 1];
    account.client_ids.push_back({order.client_order_id, order.id});
    if (account.client_ids.size() > genesis_.client_ids_per_account()) {
      account.client_ids.pop_front();
    }
  }
  const std::int64_t leaves = c.quantity_lots() - order.cumulative;
  const std::uint32_t owner = order.session;
  const bool keeps_priority = c.price_ticks() == order.price && leaves <= order.leaves;
  const std::int64_t taken_off = order.leaves - leaves;
  set_hold(order, static_cast<std::int64_t>(hold_for(order, c.price_ticks(), leaves)));
  if (!keeps_priority) {
    proto::FeedMessage& message = order_feed(proto::FeedKind::OrderDeleted, order);
    message.mutate_quantity_lots(order.leaves);
    take_off_book(order);
  }
  order.price = c.price_ticks();
  order.quantity = c.quantity_lots();
  order.leaves = leaves;
  move_to_session(order, command_->session);
  if (keeps_priority && taken_off > 0) {
    proto::FeedMessage& message = order_feed(proto::FeedKind::OrderReduced, order);
    message.mutate_quantity_lots(taken_off);
    message.mutate_leaves_lots(leaves);
  }
  order_report(order.session, ReportKind::OrderReplaced, order, true);
  if (owner != order.session) order_report(owner, ReportKind::OrderReplaced, order, false);
  if (keeps_priority) return;
  order.entry_sequence = command_->sequence;
  order.entered_ns = command_->time_ns;
  match(order);
}

proto::Reason NaiveExchange::check_replace(const proto::ReplaceOrder& c, Order** found,
                                           bool* to_filled) {
  const Reason may = may_act_for(c.account(), static_cast<std::uint32_t>(Rights::Trade));
  if (may != Reason::NONE) return may;
  Order* order = *found = find_order(c.account(), c.order_id(), c.client_order_id());
  if (order == nullptr) return Reason::UNKNOWN_ORDER;
  const Market& market = market_of(*order);
  std::uint64_t other = 0;
  const std::uint64_t new_id = c.new_client_order_id();
  if (new_id != 0 && new_id != order->client_order_id &&
      client_id_known(c.account(), new_id, &other)) {
    return Reason::ORDER_DUPLICATE_CLIENT_ID;
  }
  if (killed(c.account())) return Reason::PERMISSION_KILL_SWITCH;
  if (market.definition.phase() != proto::MarketPhase::Open) return Reason::MARKET_NOT_OPEN;
  if (c.price_ticks() < 1 || c.price_ticks() > market.params.max_price_ticks()) {
    return Reason::ORDER_PRICE_INVALID;
  }
  if (c.quantity_lots() < 1 || c.quantity_lots() > market.params.max_quantity_lots()) {
    return Reason::ORDER_QUANTITY_INVALID;
  }
  *to_filled = c.quantity_lots() <= order->cumulative;
  return *to_filled ? Reason::NONE : check_replace_change(c, *order);
}

proto::Reason NaiveExchange::check_replace_change(const proto::ReplaceOrder& c,
                                                  const Order& order) {
  const Market& market = market_of(order);
  const std::int64_t leaves = c.quantity_lots() - order.cumulative;
  const bool same_price = c.price_ticks() == order.price;
  const bool only_lowers = same_price && leaves <= order.leaves;
  if (notional_outside(notional(market, c.price_ticks(), leaves), market.params, !only_lowers)) {
    return Reason::ORDER_NOTIONAL_INVALID;
  }
  const bool too_few = c.quantity_lots() < market.params.min_quantity_lots();
  if (too_few && !only_lowers && rules_ == 2) return Reason::ORDER_QUANTITY_INVALID;
  if (!same_price && outside(band(market), c.price_ticks())) return Reason::RISK_PRICE_BAND;
  if (!same_price && !level_can_be_made(order.market, order.side, c.price_ticks())) {
    return Reason::CAPACITY_PRICE_LEVELS;
  }
  const std::uint32_t asset = order.side == Side::Buy ? market.definition.quote_asset()
                                                      : market.definition.base_asset();
  const Int128 more = hold_for(order, c.price_ticks(), leaves) - order.hold;
  if (more > balance_of(order.account, asset).available) {
    return Reason::RISK_INSUFFICIENT_BALANCE;
  }
  return Reason::NONE;
}

}  // namespace saker::naive
