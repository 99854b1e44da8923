// A strategy: what to do in a market, from plain values alone. It has no clock, network or
// orders of its own, so that a test can run days of it in seconds.
#pragma once

#include <vector>

#include "bots/market_view.hpp"
#include "bots/random.hpp"

namespace saker::bots {

class Strategy {
 public:
  virtual ~Strategy() = default;

  /// The market is seen for the first time; `price_ticks` is where it stands or, when nothing is
  /// there, where it is to start.
  virtual void begin(double price_ticks) { (void)price_ticks; }

  /// `seconds` after the look before: appends what is to be done now, most urgent first.
  virtual void look(const MarketView& view, double seconds, std::vector<Action>& actions) = 0;

  /// It takes rather than rests: may look several times in a row when in a hurry.
  virtual bool takes() const { return false; }
};

}  // namespace saker::bots
