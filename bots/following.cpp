#include "bots/following.hpp"

#include <algorithm>
#include <cmath>

#include "bots/taking.hpp"

namespace saker::bots {

double Aggressive::trend(double middle) const {
  if (slow_ <= 0) return 0;
  return std::clamp((middle - slow_) / (slow_ * config_.trend_ppm * 1e-6), -1.0, 1.0);
}

void Aggressive::look(const MarketView& view, double seconds, std::vector<Action>& actions) {
  const double middle = middle_of(view);
  if (middle <= 0) return;
  if (slow_ <= 0) slow_ = middle;
  const double direction = trend(middle);
  slow_ += (middle - slow_) * (1.0 - std::exp(-seconds / config_.trend_seconds));
  if (!random_.chance(config_.act_share)) return;
  const double lean = lean_of(view, config_.most_inventory_lots);
  // Full of it, only the way out is left, whatever the trend.
  const double buys = std::abs(lean) >= 1 ? (lean > 0 ? 0.0 : 1.0)
                                          : 0.5 + 0.3 * direction - 0.4 * lean;
  const Side side = random_.chance(buys) ? Side::Buy : Side::Sell;
  const auto reach = share_of(static_cast<std::int64_t>(middle), config_.reach_ppm);
  const auto action = take(view, side, random_.between(0, std::max<std::int64_t>(1, reach)),
                           random_.between(1, config_.most_quantity_lots));
  if (action) actions.push_back(*action);
}

double MeanReversion::deviations(double middle) const {
  if (known_ < kLeastHistory) return 0;
  double mean = 0, squares = 0;
  for (std::uint32_t i = 0; i < known_; ++i) mean += history_[i];
  mean /= known_;
  for (std::uint32_t i = 0; i < known_; ++i) {
    squares += (history_[i] - mean) * (history_[i] - mean);
  }
  const double deviation = std::sqrt(squares / known_);
  return deviation < 1e-9 ? 0 : (middle - mean) / deviation;
}

void MeanReversion::remember(double middle) {
  const std::uint32_t size = std::clamp(config_.history, kLeastHistory, kMostHistory);
  history_[next_] = middle;
  next_ = (next_ + 1) % size;
  known_ = std::min(known_ + 1, size);
}

void MeanReversion::look(const MarketView& view, double seconds, std::vector<Action>& actions) {
  const double middle = middle_of(view);
  if (middle <= 0) return;
  const double z = deviations(middle);
  if (seconds > 0) remember(middle);
  if (!random_.chance(config_.act_share)) return;
  const double lean = lean_of(view, config_.most_inventory_lots);
  const auto reach = share_of(static_cast<std::int64_t>(middle), config_.reach_ppm);
  std::int64_t wish = random_.between(1, config_.most_quantity_lots);
  Side side = z > 0 ? Side::Sell : Side::Buy;
  if (std::abs(z) >= config_.enter_deviations) {
    const bool full = side == Side::Buy ? lean >= 1 : lean <= -1;
    if (full) return;
  } else if (std::abs(z) <= config_.leave_deviations && view.inventory_lots != 0) {
    side = view.inventory_lots > 0 ? Side::Sell : Side::Buy;
    wish = std::min(wish, std::abs(view.inventory_lots));
  } else {
    return;
  }
  if (const auto action = take(view, side, reach, wish)) actions.push_back(*action);
}

}  // namespace saker::bots
