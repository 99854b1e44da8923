// The strategies that look at how the price moves and take: aggressive with the move, mean
// reversion against it. Neither leaves orders in the book.
#pragma once

#include <array>

#include "bots/strategy.hpp"

namespace saker::bots {

struct AggressiveConfig {
  std::int64_t most_quantity_lots = 3;
  std::int64_t most_inventory_lots = 20;
  std::int64_t reach_ppm = 500;     // beyond the touch
  double act_share = 0.7;           // of all looks
  double trend_seconds = 30;        // the price is compared with that of about so long ago
  double trend_ppm = 500;           // a move of so much is one to jump on for sure
};

/// In a hurry: takes with the trend, more the clearer it is, and turns round when it is full.
class Aggressive : public Strategy {
 public:
  Aggressive(const AggressiveConfig& config, std::uint64_t seed)
      : config_(config), random_(seed) {}
  void look(const MarketView& view, double seconds, std::vector<Action>& actions) override;
  bool takes() const override { return true; }
  /// -1 falling .. 1 rising.
  double trend(double middle) const;

 private:
  const AggressiveConfig config_;
  Random random_;
  double slow_ = 0;  // smoothed middle, 0 before the first
};

struct MeanReversionConfig {
  std::int64_t most_quantity_lots = 4;
  std::int64_t most_inventory_lots = 25;
  std::int64_t reach_ppm = 300;
  std::uint32_t history = 50;       // looks, at most kMostHistory
  double enter_deviations = 2.0;    // so far from the mean it trades against the move
  double leave_deviations = 0.5;    // so near to it it gives back what it holds
  double act_share = 0.5;           // of the looks at which it would
};

/// Sells what has risen unusually and buys what has fallen; lets go when the price is back.
class MeanReversion : public Strategy {
 public:
  static constexpr std::uint32_t kMostHistory = 256;
  static constexpr std::uint32_t kLeastHistory = 10;

  MeanReversion(const MeanReversionConfig& config, std::uint64_t seed)
      : config_(config), random_(seed) {}
  void look(const MarketView& view, double seconds, std::vector<Action>& actions) override;
  bool takes() const override { return true; }
  /// Standard deviations of `middle` from the mean of the history; 0 while that is too short.
  double deviations(double middle) const;

 private:
  void remember(double middle);

  const MeanReversionConfig config_;
  Random random_;
  std::array<double, kMostHistory> history_{};
  std::uint32_t known_ = 0;
  std::uint32_t next_ = 0;
};

}  // namespace saker::bots
