#include "bots/taking.hpp"

#include <algorithm>

#include "common/types.hpp"

namespace saker::bots {

using proto::OrderType;
using proto::TimeInForce;

std::int64_t least_lots(const MarketLimits& limits, std::int64_t price_ticks) {
  const Int128 lot_notional = std::max<Int128>(1, Int128(price_ticks) * limits.tick_value);
  const auto for_notional =
      static_cast<std::int64_t>((limits.min_notional + lot_notional - 1) / lot_notional);
  return std::max(limits.min_quantity_lots, for_notional);
}

std::int64_t possible_lots(const MarketView& view, Side side, std::int64_t price_ticks,
                           std::int64_t wish) {
  const MarketLimits& limits = view.limits;
  const Int128 lot_notional = std::max<Int128>(1, Int128(price_ticks) * limits.tick_value);
  const std::int64_t least = least_lots(limits, price_ticks);
  const Int128 affordable = Int128(view.quote_free) * 1000 / (lot_notional * 1010);
  const Int128 room = side == Side::Buy ? affordable : Int128(view.base_free_lots);
  Int128 lots = std::min<Int128>({wish, limits.max_quantity_lots, std::max<Int128>(0, room)});
  if (limits.max_notional > 0) lots = std::min(lots, limits.max_notional / lot_notional);
  return lots >= least ? static_cast<std::int64_t>(lots) : 0;
}

std::optional<Action> take(const MarketView& view, Side side, std::int64_t reach_ticks,
                           std::int64_t wish, bool market) {
  const bool buys = side == Side::Buy;
  const std::int64_t touch = buys ? view.best_ask_ticks : view.best_bid_ticks;
  if (touch <= 0) return std::nullopt;
  const std::int64_t price = std::clamp<std::int64_t>(buys ? touch + reach_ticks
                                                           : touch - reach_ticks,
                                                      1, view.limits.max_price_ticks);
  for (const OwnOrder& order : view.own) {
    if (order.side == side) continue;
    const bool meets = buys ? order.price_ticks <= price : order.price_ticks >= price;
    if (meets) return Action{.kind = ActionKind::kCancel, .order_id = order.order_id};
  }
  const std::int64_t lots =
      possible_lots(view, side, price, std::max(wish, least_lots(view.limits, price)));
  if (lots == 0) return std::nullopt;
  return Action{.kind = ActionKind::kNew,
                .side = side,
                .type = market ? OrderType::Market : OrderType::Limit,
                .time_in_force = TimeInForce::ImmediateOrCancel,
                .price_ticks = price,
                .quantity_lots = lots};
}

std::int64_t share_of(std::int64_t ticks, std::int64_t ppm) {
  return static_cast<std::int64_t>(Int128(ticks) * ppm / 1'000'000);
}

double middle_of(const MarketView& view) {
  if (view.best_bid_ticks <= 0 || view.best_ask_ticks <= 0) return 0;
  return static_cast<double>(view.best_bid_ticks + view.best_ask_ticks) / 2;
}

double lean_of(const MarketView& view, std::int64_t most_inventory_lots) {
  const double most = static_cast<double>(std::max<std::int64_t>(1, most_inventory_lots));
  return std::clamp(static_cast<double>(view.inventory_lots) / most, -1.0, 1.0);
}

}  // namespace saker::bots
