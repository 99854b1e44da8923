#include "bots/quoting.hpp"

#include "bots/taking.hpp"

namespace saker::bots {

namespace {

void plan(const MarketMakerConfig& config, MarketView view, double price_ticks,
          std::vector<Action>& actions) {
  view.fair_ticks = static_cast<std::int64_t>(std::llround(price_ticks));
  for (const Action& action : market_maker_plan(config, view)) actions.push_back(action);
}

}  // namespace

void MarketMaker::begin(double price_ticks) {
  fair_ = FairPrice(fair_config_, seed_);
  fair_.move_to(price_ticks);
}

void MarketMaker::look(const MarketView& view, double seconds, std::vector<Action>& actions) {
  fair_.step(seconds);
  plan(config_, view, static_cast<double>(fair_.ticks()), actions);
}

void LiquidityProvider::begin(double price_ticks) { smoothed_ = price_ticks; }

void LiquidityProvider::look(const MarketView& view, double seconds,
                             std::vector<Action>& actions) {
  const double middle = middle_of(view);
  if (middle > 0) {
    smoothed_ += (middle - smoothed_) * (1.0 - std::exp(-seconds / config_.follow_seconds));
  }
  smoothed_ += (config_.anchor_ticks - smoothed_) * std::min(1.0, config_.reversion * seconds);
  const double room = config_.anchor_ticks * config_.most_ppm * 1e-6;
  smoothed_ = std::clamp(smoothed_, std::max(1.0, config_.anchor_ticks - room),
                         config_.anchor_ticks + room);
  plan(config_.quotes, view, smoothed_, actions);
}

void RandomWalk::begin(double price_ticks) {
  walk_ = FairPrice(config_.walk, seed_);
  walk_.move_to(price_ticks);
}

void RandomWalk::look(const MarketView& view, double seconds, std::vector<Action>& actions) {
  excitement_ += 0.1 * (0.5 + 2.5 * random_.unit() - excitement_);
  if (random_.chance(0.05)) excitement_ = std::min(3.0, excitement_ * 1.5);
  walk_.step(seconds, excitement_);
  const double middle = middle_of(view);
  if (middle > 0) walk_.lean_to(middle, std::min(1.0, config_.agreement * seconds));
  const double lean = lean_of(view, config_.quotes.most_inventory_lots);
  if (middle > 0 && random_.chance(config_.take_share)) {
    const bool above = static_cast<double>(walk_.ticks()) > middle;
    const bool follows = random_.chance(config_.conviction);
    Side side = above == follows ? Side::Buy : Side::Sell;
    if (std::abs(lean) >= 1) side = lean > 0 ? Side::Sell : Side::Buy;
    const auto reach = share_of(static_cast<std::int64_t>(middle), config_.reach_ppm);
    if (const auto action = take(view, side, reach,
                                 random_.between(1, config_.most_quantity_lots))) {
      actions.push_back(*action);
    }
    return;
  }
  MarketMakerConfig quotes = config_.quotes;
  quotes.half_spread_ppm = static_cast<std::int64_t>(
      static_cast<double>(quotes.half_spread_ppm) * std::max(1.0, excitement_));
  plan(quotes, view, static_cast<double>(walk_.ticks()), actions);
}

}  // namespace saker::bots
