// A price that wanders slowly, as the outside world's would: small steps, a little momentum,
// a pull back to where it started. All makers of a market share one.
#pragma once

#include <algorithm>
#include <cmath>

#include "bots/random.hpp"

namespace saker::bots {

struct FairPriceConfig {
  double anchor_ticks = 1000;      // where the pull goes
  double volatility_ppm = 150;     // typical move in one second, millionths of the price
  double momentum = 0.8;           // part of a step that the next one keeps, 0..1
  double reversion = 0.002;        // part of the distance to the anchor pulled back per second
  double most_ppm = 150'000;       // never further from the anchor than this
};

class FairPrice {
 public:
  FairPrice(const FairPriceConfig& config, std::uint64_t seed)
      : config_(config), random_(seed), price_(config.anchor_ticks) {}

  /// Lets `seconds` pass, in which it moves `excitement` times as much as usual.
  void step(double seconds, double excitement = 1.0) {
    const double shock =
        random_.normal() * config_.volatility_ppm * excitement * 1e-6 * price_;
    const double keep = std::pow(config_.momentum, seconds);
    drift_ = drift_ * keep + shock * std::sqrt(seconds) * (1.0 - config_.momentum);
    price_ += drift_ * seconds + shock * std::sqrt(seconds);
    price_ += (config_.anchor_ticks - price_) * std::min(1.0, config_.reversion * seconds);
    const double room = config_.anchor_ticks * config_.most_ppm * 1e-6;
    price_ = std::clamp(price_, std::max(1.0, config_.anchor_ticks - room),
                        config_.anchor_ticks + room);
  }

  /// Gives way to what others think: `part` (0..1) of the distance to `ticks`.
  void lean_to(double ticks, double part) { price_ += (ticks - price_) * part; }

  /// Starts from a price that the market shows, so that a restart does not jump.
  void move_to(double ticks) {
    price_ = ticks;
    drift_ = 0;
  }
  std::int64_t ticks() const { return static_cast<std::int64_t>(std::llround(price_)); }

 private:
  FairPriceConfig config_;
  Random random_;
  double price_;
  double drift_ = 0;
};

}  // namespace saker::bots
