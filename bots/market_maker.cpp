#include "bots/market_maker.hpp"

#include <algorithm>
#include <cstdlib>

#include "common/types.hpp"

namespace saker::bots {


namespace {

std::int64_t share(std::int64_t value, std::int64_t ppm) {
  return static_cast<std::int64_t>(Int128(value) * ppm / 1'000'000);
}

/// Shift of both sides in ticks: down when long, up when short.
std::int64_t skew_ticks(const MarketMakerConfig& config, const MarketView& view) {
  const std::int64_t most = std::max<std::int64_t>(1, config.most_inventory_lots);
  const std::int64_t inventory = std::clamp(view.inventory_lots, -most, most);
  return -static_cast<std::int64_t>(Int128(share(view.fair_ticks, config.skew_ppm)) * inventory /
                                    most);
}

/// Lots for the level within the market's limits, 0 when no allowed quantity is left.
std::int64_t fit_quantity(std::int64_t lots, std::int64_t price_ticks, std::int64_t room,
                          const MarketLimits& limits) {
  const Int128 lot_notional = Int128(price_ticks) * limits.tick_value;
  std::int64_t least = limits.min_quantity_lots;
  if (Int128(least) * lot_notional < limits.min_notional) {
    least = static_cast<std::int64_t>((limits.min_notional + lot_notional - 1) / lot_notional);
  }
  lots = std::max(lots, least);
  lots = std::min({lots, limits.max_quantity_lots, room});
  if (limits.max_notional > 0 && Int128(lots) * lot_notional > limits.max_notional) {
    lots = static_cast<std::int64_t>(limits.max_notional / lot_notional);
  }
  return lots >= least ? lots : 0;
}

/// The wished quote that no earlier order has taken and that is nearest to the order's price.
std::size_t nearest_quote(const std::vector<Quote>& quotes, const std::vector<bool>& taken,
                          const OwnOrder& order) {
  std::size_t best = quotes.size();
  for (std::size_t i = 0; i < quotes.size(); ++i) {
    if (taken[i] || quotes[i].side != order.side) continue;
    if (best == quotes.size() || std::abs(quotes[i].price_ticks - order.price_ticks) <
                                     std::abs(quotes[best].price_ticks - order.price_ticks)) {
      best = i;
    }
  }
  return best;
}

}  // namespace

std::vector<Quote> market_maker_quotes(const MarketMakerConfig& config, const MarketView& view) {
  std::vector<Quote> quotes;
  if (view.fair_ticks <= 0) return quotes;
  const std::int64_t middle = view.fair_ticks + skew_ticks(config, view);
  const bool may_buy = view.inventory_lots < config.most_inventory_lots;
  const bool may_sell = view.inventory_lots > -config.most_inventory_lots;
  std::int64_t quote_room = view.quote_free;
  std::int64_t base_room = view.base_free_lots;
  for (std::uint32_t i = 0; i < config.levels; ++i) {
    const std::int64_t away = std::max<std::int64_t>(
        1 + i, share(view.fair_ticks, config.half_spread_ppm + i * config.level_step_ppm));
    const std::int64_t wished = config.quantity_lots + config.quantity_lots * i / 2;
    std::int64_t bid = middle - away;
    if (view.best_ask_ticks > 0) bid = std::min(bid, view.best_ask_ticks - 1 - i);
    if (may_buy && bid >= 1 && bid <= view.limits.max_price_ticks) {
      // A tenth of a per cent is left for fees on top of the notional.
      const Int128 per_lot = Int128(bid) * view.limits.tick_value * 1001 / 1000 + 1;
      const auto room = static_cast<std::int64_t>(quote_room / per_lot);
      const std::int64_t lots = fit_quantity(wished, bid, room, view.limits);
      quote_room -= static_cast<std::int64_t>(per_lot * lots);
      if (lots > 0) quotes.push_back({Side::Buy, bid, lots});
    }
    std::int64_t ask = middle + away;
    if (view.best_bid_ticks > 0) ask = std::max(ask, view.best_bid_ticks + 1 + i);
    if (may_sell && ask >= 1 && ask <= view.limits.max_price_ticks) {
      const std::int64_t lots = fit_quantity(wished, ask, base_room, view.limits);
      base_room -= lots;
      if (lots > 0) quotes.push_back({Side::Sell, ask, lots});
    }
  }
  return quotes;
}

std::vector<Action> market_maker_plan(const MarketMakerConfig& config, const MarketView& view) {
  const std::vector<Quote> quotes = market_maker_quotes(config, view);
  std::vector<bool> taken(quotes.size(), false);
  std::vector<Action> cancels, replaces, entries;
  for (const OwnOrder& order : view.own) {
    const std::size_t i = nearest_quote(quotes, taken, order);
    if (i == quotes.size()) {
      cancels.push_back({.kind = ActionKind::kCancel, .order_id = order.order_id});
      continue;
    }
    taken[i] = true;
    const std::int64_t moved = std::abs(quotes[i].price_ticks - order.price_ticks);
    const bool crosses = order.side == Side::Buy ? order.price_ticks > view.fair_ticks
                                                 : order.price_ticks < view.fair_ticks;
    const bool far = moved > share(view.fair_ticks, config.reprice_ppm) || (crosses && moved > 0);
    const bool thin = order.leaves_lots * 2 < quotes[i].quantity_lots;
    if (!far && !thin) continue;
    replaces.push_back({.kind = ActionKind::kReplace,
                        .order_id = order.order_id,
                        .side = order.side,
                        .price_ticks = quotes[i].price_ticks,
                        .quantity_lots = std::min(order.cumulative_lots + quotes[i].quantity_lots,
                                                  view.limits.max_quantity_lots)});
  }
  for (std::size_t i = 0; i < quotes.size(); ++i) {
    if (taken[i]) continue;
    entries.push_back({.kind = ActionKind::kNew,
                       .side = quotes[i].side,
                       .price_ticks = quotes[i].price_ticks,
                       .quantity_lots = quotes[i].quantity_lots});
  }
  cancels.insert(cancels.end(), replaces.begin(), replaces.end());
  cancels.insert(cancels.end(), entries.begin(), entries.end());
  return cancels;
}

std::vector<Action> cancel_everything(const MarketView& view) {
  std::vector<Action> actions;
  for (const OwnOrder& order : view.own) {
    actions.push_back({.kind = ActionKind::kCancel, .order_id = order.order_id});
  }
  return actions;
}

}  // namespace saker::bots
