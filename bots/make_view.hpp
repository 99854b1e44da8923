// A MarketView from what the SDK knows.
#pragma once

#include "bots/market_view.hpp"
#include "client/order_tracker.hpp"

namespace saker::bots {

/// `best_*_ticks` 0 while that side is empty; `target_lots`: the wished holding. fair_ticks is the
/// strategy's to fill in.
inline MarketView make_view(const proto::MarketDefinition& d, const client::OrderTracker& tracker,
                            std::uint32_t account, std::int64_t target_lots,
                            std::int64_t best_bid_ticks, std::int64_t best_ask_ticks) {
  MarketView view;
  view.limits = {d.min_quantity_lots(), d.max_quantity_lots(), d.max_price_ticks(),
                 d.min_notional(), d.max_notional(), d.tick_value()};
  view.best_bid_ticks = best_bid_ticks;
  view.best_ask_ticks = best_ask_ticks;
  view.base_free_lots = tracker.position(account, d.base_asset()).total / d.lot_size();
  view.inventory_lots = view.base_free_lots - target_lots;
  view.quote_free = tracker.position(account, d.quote_asset()).total;
  tracker.for_each([&view](const client::TrackedOrder& order) {
    view.own.push_back({order.order_id, order.side, order.price_ticks, order.leaves_lots,
                        order.cumulative_lots});
  });
  return view;
}

/// What the view will be when `action` does what it is for; for the next look before the answer.
inline void expect(MarketView& view, const Action& action) {
  if (action.kind == ActionKind::kCancel) {
    std::erase_if(view.own, [&](const OwnOrder& o) { return o.order_id == action.order_id; });
  } else if (action.kind == ActionKind::kNew) {
    const bool buys = action.side == Side::Buy;
    view.inventory_lots += buys ? action.quantity_lots : -action.quantity_lots;
    if (!buys) view.base_free_lots -= action.quantity_lots;
    else view.quote_free -= action.quantity_lots * action.price_ticks * view.limits.tick_value;
  }
}

}  // namespace saker::bots
