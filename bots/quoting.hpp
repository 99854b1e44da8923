// The strategies that rest in the book on both sides: market maker, liquidity provider, random
// walk. They differ in where they see the price; market_maker_plan() moves their orders there.
#pragma once

#include "bots/fair_price.hpp"
#include "bots/market_maker.hpp"
#include "bots/strategy.hpp"

namespace saker::bots {

/// Quotes around a fair price of its own that wanders slowly and is pulled back to its anchor.
class MarketMaker : public Strategy {
 public:
  MarketMaker(const MarketMakerConfig& config, const FairPriceConfig& fair, std::uint64_t seed)
      : config_(config), fair_config_(fair), fair_(fair, seed), seed_(seed) {}
  void begin(double price_ticks) override;
  void look(const MarketView& view, double seconds, std::vector<Action>& actions) override;

 private:
  const MarketMakerConfig config_;
  FairPriceConfig fair_config_;
  FairPrice fair_;
  const std::uint64_t seed_;
};

struct LiquidityProviderConfig {
  MarketMakerConfig quotes;
  double anchor_ticks = 1000;
  double follow_seconds = 20;    // a lasting move of the market is followed in about this time
  double reversion = 0.0005;     // part of the distance to the anchor pulled back per second
  double most_ppm = 150'000;     // never further from the anchor than this
};

/// Has no view of its own: deep and wide around the smoothed middle of the book, which it
/// follows slowly.
class LiquidityProvider : public Strategy {
 public:
  explicit LiquidityProvider(const LiquidityProviderConfig& config) : config_(config) {}
  void begin(double price_ticks) override;
  void look(const MarketView& view, double seconds, std::vector<Action>& actions) override;
  double smoothed_ticks() const { return smoothed_; }

 private:
  LiquidityProviderConfig config_;
  double smoothed_ = 0;
};

struct RandomWalkConfig {
  MarketMakerConfig quotes;
  FairPriceConfig walk;
  double agreement = 0.01;       // part of the distance to the market's middle given up per second
  double take_share = 0.15;      // of all looks: takes instead of quoting
  double conviction = 0.6;       // part of the takes that go where its price lies
  std::int64_t most_quantity_lots = 4;
  std::int64_t reach_ppm = 300;
};

/// Walks at random with momentum, in times that are calm and times that are not; quotes around
/// where it stands, wider when it moves much, and now and then trades towards it.
class RandomWalk : public Strategy {
 public:
  RandomWalk(const RandomWalkConfig& config, std::uint64_t seed)
      : config_(config), walk_(config.walk, seed), random_(seed + 1), seed_(seed) {}
  void begin(double price_ticks) override;
  void look(const MarketView& view, double seconds, std::vector<Action>& actions) override;
  double excitement() const { return excitement_; }

 private:
  RandomWalkConfig config_;
  FairPrice walk_;
  Random random_;
  const std::uint64_t seed_;
  double excitement_ = 1;  // 0.5 calm .. 3 wild
};

}  // namespace saker::bots
