#include "bots/random_taker.hpp"

#include <algorithm>

#include "common/types.hpp"

namespace saker::bots {

using proto::OrderType;
using proto::Side;
using proto::TimeInForce;

namespace {

/// Buys more often when short, sells more often when long, only one way at the limit.
Side choose_side(const RandomTakerConfig& config, const MarketView& view, Random& random) {
  const double most = static_cast<double>(std::max<std::int64_t>(1, config.most_inventory_lots));
  const double lean = std::clamp(static_cast<double>(view.inventory_lots) / most, -1.0, 1.0);
  return random.chance(0.5 - lean / 2) ? Side::Buy : Side::Sell;
}

/// A quantity that the limits and the balance allow, 0 when there is none.
std::int64_t choose_quantity(const RandomTakerConfig& config, const MarketView& view, Side side,
                             std::int64_t price_ticks, Random& random) {
  const MarketLimits& limits = view.limits;
  const Int128 lot_notional = std::max<Int128>(1, Int128(price_ticks) * limits.tick_value);
  std::int64_t least = limits.min_quantity_lots;
  if (Int128(least) * lot_notional < limits.min_notional) {
    least = static_cast<std::int64_t>((limits.min_notional + lot_notional - 1) / lot_notional);
  }
  std::int64_t most = std::max(config.most_quantity_lots, least);
  most = std::min(most, limits.max_quantity_lots);
  const Int128 affordable = Int128(view.quote_free) * 1000 / (lot_notional * 1010);
  const Int128 room = side == Side::Buy ? affordable : Int128(view.base_free_lots);
  if (room < most) most = static_cast<std::int64_t>(std::max<Int128>(0, room));
  if (limits.max_notional > 0 && Int128(most) * lot_notional > limits.max_notional) {
    most = static_cast<std::int64_t>(limits.max_notional / lot_notional);
  }
  return most < least ? 0 : random.between(least, most);
}

std::optional<Action> cancel_one(const MarketView& view, Random& random) {
  if (view.own.empty()) return std::nullopt;
  const auto i = random.between(0, static_cast<std::int64_t>(view.own.size()) - 1);
  return Action{.kind = ActionKind::kCancel,
                .order_id = view.own[static_cast<std::size_t>(i)].order_id};
}

/// The own resting order that a take at `price_ticks` would meet, as a cancel: one's own orders
/// do not trade with each other.
std::optional<Action> cancel_in_the_way(const MarketView& view, Side side,
                                        std::int64_t price_ticks) {
  for (const OwnOrder& order : view.own) {
    if (order.side == side) continue;
    const bool meets = side == Side::Buy ? order.price_ticks <= price_ticks
                                         : order.price_ticks >= price_ticks;
    if (meets) return Action{.kind = ActionKind::kCancel, .order_id = order.order_id};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Action> random_taker_choose(const RandomTakerConfig& config, const MarketView& view,
                                          Random& random) {
  const double pick = random.unit();
  const bool market = pick < config.market_share;
  const bool immediate = !market && pick < config.market_share + config.immediate_share;
  const bool resting = !market && !immediate &&
                       pick < config.market_share + config.immediate_share + config.resting_share;
  if (!market && !immediate && !resting) return cancel_one(view, random);
  if (resting && view.own.size() >= config.most_resting) return cancel_one(view, random);

  const Side side = choose_side(config, view, random);
  const std::int64_t touch = side == Side::Buy ? view.best_ask_ticks : view.best_bid_ticks;
  if (touch <= 0) return std::nullopt;
  const auto reach = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(Int128(touch) * config.reach_ppm / 1'000'000));
  const std::int64_t toward = side == Side::Buy ? 1 : -1;
  std::int64_t price = touch + toward * random.between(0, reach);
  if (resting) {
    const std::int64_t own_touch = side == Side::Buy ? view.best_bid_ticks : view.best_ask_ticks;
    price = (own_touch > 0 ? own_touch : touch - toward) - toward * random.between(0, reach);
  } else if (const auto cancel = cancel_in_the_way(view, side, price)) {
    return cancel;
  }
  price = std::clamp<std::int64_t>(price, 1, view.limits.max_price_ticks);
  const std::int64_t lots = choose_quantity(config, view, side, price, random);
  if (lots == 0) return std::nullopt;
  return Action{
      .kind = ActionKind::kNew,
      .side = side,
      .type = market ? OrderType::Market : OrderType::Limit,
      .time_in_force = resting ? TimeInForce::GoodTillCancel : TimeInForce::ImmediateOrCancel,
      .price_ticks = price,
      .quantity_lots = lots};
}

}  // namespace saker::bots
