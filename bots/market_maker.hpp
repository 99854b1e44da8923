// The market maker: several levels on both sides of the fair price, leaning against its
// inventory. Decides from values alone; market_maker_plan() is a pure function.
#pragma once

#include <vector>

#include "bots/market_view.hpp"

namespace saker::bots {

struct MarketMakerConfig {
  std::uint32_t levels = 5;
  std::int64_t half_spread_ppm = 400;        // of the fair price, first level
  std::int64_t level_step_ppm = 300;         // between levels
  std::int64_t quantity_lots = 10;           // first level; deeper ones grow by half of it
  std::int64_t most_inventory_lots = 500;    // at this, only the side that reduces it is quoted
  std::int64_t skew_ppm = 400;               // shift of all quotes at full inventory
  std::int64_t reprice_ppm = 100;            // smaller differences are left alone
};

/// One wished quote.
struct Quote {
  proto::Side side = proto::Side::Buy;
  std::int64_t price_ticks = 0;
  std::int64_t quantity_lots = 0;
};

/// What the maker wants to have in the book: best level first, buys and sells alternating. Never
/// crosses `view`'s other side, never more than the free balances carry.
std::vector<Quote> market_maker_quotes(const MarketMakerConfig& config, const MarketView& view);

/// The commands that lead from view.own to the wished quotes, most urgent first: cancels of what
/// is not wanted, replaces of what moved, then new orders.
std::vector<Action> market_maker_plan(const MarketMakerConfig& config, const MarketView& view);

/// Commands that take every own order out: for a stale market and a clean stop.
std::vector<Action> cancel_everything(const MarketView& view);

}  // namespace saker::bots
