// Pre-trade checks, holds and fees. All products go through 128 bits.
#include <algorithm>

#include "common/plants.hpp"
#include "engine/core/state.hpp"

namespace saker::core {

namespace {

constexpr Int128 kMillion = 1'000'000;
constexpr Int128 kMaxAmount = Int128{1} << 61;

constexpr Int128 ceil_div(Int128 a, Int128 b) { return (a + b - 1) / b; }

}  // namespace

State::Band State::band(const Market& market) const {
  const std::int64_t r = market.last_price != 0 ? market.last_price : market.reference_price;
  const std::uint32_t ppm = market.params.price_band_ppm();
  if (r == 0 || ppm == 0) return {};
  const auto width = static_cast<std::int64_t>(Int128{r} * ppm / kMillion);
  return {r - width, r + width};
}

Int128 State::buy_hold(const Market& market, std::int64_t price, std::int64_t lots,
                       std::uint32_t fee_slack) {
  const Int128 value = notional(market, price, lots);
  const Int128 rate = std::max(market.params.maker_fee_ppm(), market.params.taker_fee_ppm());
  const Int128 need = value * rate - fee_slack;
  return value + (need > 0 ? ceil_div(need, kMillion) : 0);
}

Minor State::take_fee(Minor value, std::uint32_t ppm, std::uint32_t& slack) {
  const Int128 need = Int128{value} * ppm - slack;
  if (need <= 0) {
    slack = static_cast<std::uint32_t>(-need);
    return 0;
  }
  const Int128 fee = SAKER_PLANT(fee_rounded_down) ? need / kMillion : ceil_div(need, kMillion);
  slack = static_cast<std::uint32_t>(fee * kMillion - need);
  return static_cast<Minor>(fee);
}

std::int64_t State::affordable_lots(const Market& market, const OrderCold& order,
                                    std::int64_t price, std::uint32_t ppm, std::int64_t most) {
  const Int128 unit = notional(market, price, 1);
  // unit*q + (unit*q*ppm - slack)/10^6 <= held bounds q from above; rounding the fee up can
  // take one lot more away.
  const Int128 bound = (Int128{order.held} * kMillion + order.fee_slack) /
                       (unit * (kMillion + ppm));
  Int128 lots = std::min<Int128>(bound, most);
  while (lots > 0) {
    std::uint32_t slack = order.fee_slack;
    const Int128 value = unit * lots;
    if (value <= order.held &&
        value + take_fee(static_cast<Minor>(value), ppm, slack) <= order.held) {
      break;
    }
    --lots;
  }
  return static_cast<std::int64_t>(lots);
}

bool State::is_killed(std::uint32_t account_id) const {
  const Account& account = accounts[account_id];
  return killed || account.killed || groups[account.group].killed ||
         firms[account.firm].killed || sessions[from.session].killed;
}

Reason State::check_account_right(std::uint32_t account, std::uint32_t rights) {
  if (!is_session(from.session) || !sessions[from.session].connected) {
    return Reason::PERMISSION_NOT_LOGGED_ON;
  }
  if (!is_account(account)) return Reason::UNKNOWN_ACCOUNT;
  if ((sessions[from.session].rights & rights) == 0) return Reason::PERMISSION_DENIED;
  if ((grant(from.session, account) & rights) == 0) {
    return Reason::PERMISSION_ACCOUNT_NOT_GRANTED;
  }
  return Reason::NONE;
}

std::int64_t State::budget_quantity(const Market& market, const proto::NewOrder& order) {
  return order.quantity_lots() == 0 ? market.params.max_quantity_lots() : order.quantity_lots();
}

Reason State::check_order_fields(const Market& market, const proto::NewOrder& o) {
  const proto::MarketParams& p = market.params;
  const bool is_market = o.type() == proto::OrderType::Market;
  if (raw(o.side()) > 1) return Reason::ORDER_SIDE_INVALID;
  if (raw(o.type()) > 1) return Reason::ORDER_TYPE_INVALID;
  if (raw(o.time_in_force()) > 1) return Reason::ORDER_TIME_IN_FORCE_INVALID;
  if (raw(o.self_trade_prevention()) > 0) return Reason::ORDER_STP_INVALID;
  if (is_market && o.time_in_force() != proto::TimeInForce::ImmediateOrCancel) {
    return Reason::ORDER_TIME_IN_FORCE_INVALID;
  }
  if (o.price_ticks() < (is_market ? 0 : 1) || o.price_ticks() > p.max_price_ticks()) {
    return Reason::ORDER_PRICE_INVALID;
  }
  const bool market_buy = is_market && o.side() == Side::Buy;
  if (market_buy && o.price_ticks() == 0 && o.quote_budget() == 0) {
    return Reason::ORDER_PRICE_INVALID;
  }
  if (o.quote_budget() < 0 || (o.quote_budget() != 0 && (!market_buy || o.price_ticks() != 0))) {
    return Reason::ORDER_BUDGET_INVALID;
  }
  const bool by_budget = o.quote_budget() != 0;
  const bool open_quantity = by_budget && o.quantity_lots() == 0;
  if (!open_quantity && (o.quantity_lots() < p.min_quantity_lots() ||
                         o.quantity_lots() > p.max_quantity_lots())) {
    return Reason::ORDER_QUANTITY_INVALID;
  }
  if (!by_budget && o.price_ticks() == 0) return Reason::NONE;  // market sell without a price
  const Int128 value =
      by_budget ? Int128{o.quote_budget()} : notional(market, o.price_ticks(), o.quantity_lots());
  if (value < p.min_notional() || (p.max_notional() != 0 && value > p.max_notional()) ||
      value > kMaxAmount) {
    return Reason::ORDER_NOTIONAL_INVALID;
  }
  return Reason::NONE;
}

std::int64_t State::effective_limit(const Market& market, const proto::NewOrder& order) const {
  if (order.type() == proto::OrderType::Limit) return order.price_ticks();
  const bool buy = order.side() == Side::Buy;
  const PriceIndex& other = market.sides[raw(opposite(order.side()))];
  const std::uint32_t key = other.best_key();
  const std::int64_t touch = buy ? key : kPriceLimit - 1 - key;
  const std::int64_t max = market.params.max_price_ticks();
  std::int64_t limit = buy ? max : 1;
  const auto stricter = [&](std::int64_t price) {
    limit = buy ? std::min(limit, price) : std::max(limit, price);
  };
  if (market.params.protection_ppm() != 0) {
    const auto width =
        static_cast<std::int64_t>(Int128{touch} * market.params.protection_ppm() / kMillion);
    stricter(buy ? touch + width : touch - width);
  }
  if (order.price_ticks() != 0) stricter(order.price_ticks());
  const Band b = band(market);
  if (b.highest != 0) stricter(buy ? b.highest : b.lowest);
  return std::clamp<std::int64_t>(limit, 1, max);
}

Reason State::check_new_order(const proto::NewOrder& o) {
  const Reason right = check_account_right(o.account(), raw(proto::Rights::Trade));
  if (right != Reason::NONE) return right;
  if (!is_market(o.market())) return Reason::UNKNOWN_MARKET;
  if (o.client_order_id() != 0 &&
      client_id_table.find(o.account(), o.client_order_id()) != nullptr) {
    return Reason::ORDER_DUPLICATE_CLIENT_ID;
  }
  if (is_killed(o.account())) return Reason::PERMISSION_KILL_SWITCH;
  const Market& market = markets[o.market()];
  if (market.phase != MarketPhase::Open) return Reason::MARKET_NOT_OPEN;
  const Reason fields = check_order_fields(market, o);
  if (fields != Reason::NONE) return fields;
  const bool limit_order = o.type() == proto::OrderType::Limit;
  const Band b = band(market);
  if (limit_order && b.highest != 0 &&
      (o.price_ticks() < b.lowest || o.price_ticks() > b.highest)) {
    return Reason::RISK_PRICE_BAND;
  }
  const Account& account = accounts[o.account()];
  if (account.max_open_orders != 0 && account.open_orders >= account.max_open_orders) {
    return Reason::RISK_OPEN_ORDERS;
  }
  if (!limit_order && market.sides[raw(opposite(o.side()))].empty()) {
    return Reason::MARKET_NO_LIQUIDITY;
  }
  if (freed_slots.empty() && fresh_slot == hot.size()) return Reason::CAPACITY_ORDERS;
  if (o.time_in_force() == proto::TimeInForce::GoodTillCancel &&
      !market.sides[raw(o.side())].can_insert(prices, key_of(o.side(), o.price_ticks()))) {
    return Reason::CAPACITY_PRICE_LEVELS;
  }
  return check_new_order_hold(market, o);
}

Reason State::check_new_order_hold(const Market& market, const proto::NewOrder& o) {
  const bool buy = o.side() == Side::Buy;
  Int128 hold = o.quote_budget();
  if (!buy) {
    hold = Int128{o.quantity_lots()} * market.lot_size;
  } else if (hold == 0) {
    hold = buy_hold(market, effective_limit(market, o), o.quantity_lots(), 0);
  }
  const Minor available = balance(o.account(), buy ? market.quote : market.base).available;
  return hold > available ? Reason::RISK_INSUFFICIENT_BALANCE : Reason::NONE;
}

Reason State::check_replace(const proto::ReplaceOrder& r, std::uint32_t slot) const {
  const OrderHot& order = hot[slot];
  const OrderCold& rest = cold[slot];
  const Market& market = markets[order.market];
  const proto::MarketParams& p = market.params;
  const std::int64_t leaves = r.quantity_lots() - rest.cumulative;
  const bool same_price = r.price_ticks() == order.price;
  const bool only_lowers = same_price && leaves <= order.leaves;
  const Int128 value = notional(market, r.price_ticks(), leaves);
  if ((!only_lowers && value < p.min_notional()) ||
      (p.max_notional() != 0 && value > p.max_notional()) || value > kMaxAmount) {
    return Reason::ORDER_NOTIONAL_INVALID;
  }
  // Rules 1 forgot the least quantity, where they held the least notional.
  if (rule_version >= 2 && !only_lowers && r.quantity_lots() < p.min_quantity_lots()) {
    return Reason::ORDER_QUANTITY_INVALID;
  }
  const Band b = band(market);
  if (!same_price && b.highest != 0 &&
      (r.price_ticks() < b.lowest || r.price_ticks() > b.highest)) {
    return Reason::RISK_PRICE_BAND;
  }
  if (!same_price && !market.sides[raw(order.side)].can_insert(
                         prices, key_of(order.side, r.price_ticks()))) {
    return Reason::CAPACITY_PRICE_LEVELS;
  }
  const bool buy = order.side == Side::Buy;
  const Int128 hold = buy ? buy_hold(market, r.price_ticks(), leaves, rest.fee_slack)
                          : Int128{leaves} * market.lot_size;
  const Minor available = balance(order.account, buy ? market.quote : market.base).available;
  return hold - rest.held > available ? Reason::RISK_INSUFFICIENT_BALANCE : Reason::NONE;
}

}  // namespace saker::core
