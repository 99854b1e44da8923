#include "bots/random_taker.hpp"

#include <algorithm>

#include "bots/taking.hpp"

namespace saker::bots {

namespace {

/// Buys more often when short, sells more often when long, only one way at the limit.
Side choose_side(const RandomTakerConfig& config, const MarketView& view, Random& random) {
  const double lean = lean_of(view, config.most_inventory_lots);
  return random.chance(0.5 - lean / 2) ? Side::Buy : Side::Sell;
}

/// A quantity that the limits and the balance allow, 0 when there is none.
std::int64_t choose_quantity(const RandomTakerConfig& config, const MarketView& view, Side side,
                             std::int64_t price_ticks, Random& random) {
  const std::int64_t least = least_lots(view.limits, price_ticks);
  const std::int64_t most =
      possible_lots(view, side, price_ticks, std::max(config.most_quantity_lots, least));
  return most == 0 ? 0 : random.between(least, most);
}

std::optional<Action> cancel_one(const MarketView& view, Random& random) {
  if (view.own.empty()) return std::nullopt;
  const auto i = random.between(0, static_cast<std::int64_t>(view.own.size()) - 1);
  return Action{.kind = ActionKind::kCancel,
                .order_id = view.own[static_cast<std::size_t>(i)].order_id};
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
  const std::int64_t reach = std::max<std::int64_t>(1, share_of(touch, config.reach_ppm));
  const std::int64_t toward = side == Side::Buy ? 1 : -1;
  if (!resting) {
    const std::int64_t depth = random.between(0, reach);
    const std::int64_t lots =
        choose_quantity(config, view, side, std::max<std::int64_t>(1, touch + toward * depth),
                        random);
    return lots == 0 ? std::nullopt : take(view, side, depth, lots, market);
  }
  const std::int64_t own_touch = side == Side::Buy ? view.best_bid_ticks : view.best_ask_ticks;
  std::int64_t price =
      (own_touch > 0 ? own_touch : touch - toward) - toward * random.between(0, reach);
  price = std::clamp<std::int64_t>(price, 1, view.limits.max_price_ticks);
  const std::int64_t lots = choose_quantity(config, view, side, price, random);
  if (lots == 0) return std::nullopt;
  return Action{.kind = ActionKind::kNew,
                .side = side,
                .price_ticks = price,
                .quantity_lots = lots};
}

}  // namespace saker::bots
