// The random taker: now and then a market order, an immediate-or-cancel limit, a limit order that
// rests near the touch, or the cancel of one that rests. Returns towards its wished inventory.
#pragma once

#include <optional>

#include "bots/strategy.hpp"

namespace saker::bots {

struct RandomTakerConfig {
  std::int64_t most_quantity_lots = 12;
  std::int64_t most_inventory_lots = 300;
  std::uint32_t most_resting = 8;
  std::int64_t reach_ppm = 600;       // how far from the touch its limits may lie
  double market_share = 0.25;         // of all actions
  double immediate_share = 0.35;
  double resting_share = 0.25;        // the rest are cancels
};

/// The next action, or nothing when the market offers none (empty book, no balance).
std::optional<Action> random_taker_choose(const RandomTakerConfig& config, const MarketView& view,
                                          Random& random);

class RandomTaker : public Strategy {
 public:
  RandomTaker(const RandomTakerConfig& config, std::uint64_t seed)
      : config_(config), random_(seed) {}
  void look(const MarketView& view, double, std::vector<Action>& actions) override {
    if (const auto action = random_taker_choose(config_, view, random_)) {
      actions.push_back(*action);
    }
  }
  bool takes() const override { return true; }

 private:
  const RandomTakerConfig config_;
  Random random_;
};

}  // namespace saker::bots
