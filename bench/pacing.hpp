// When an open-loop generator means to send: at fixed distances, or as a Poisson process does.
// The plan does not depend on how long anything took, so whoever is late stays visible.
#pragma once

#include <cmath>

#include "common/types.hpp"

namespace saker::bench {

enum class Arrivals : std::uint8_t { kFixed, kPoisson };

class Schedule {
 public:
  /// `per_second` > 0 sends a second from `start_ns` on; `seed` decides the Poisson gaps.
  Schedule(Arrivals arrivals, double per_second, TimeNs start_ns, std::uint64_t seed)
      : arrivals_(arrivals),
        gap_ns_(1e9 / per_second),
        start_ns_(start_ns),
        random_(seed * 2 + 1) {}

  /// The next intended time.
  TimeNs next_ns() const { return start_ns_ + static_cast<TimeNs>(offset_ns_); }
  /// Goes on to the one after it.
  void advance() {
    offset_ns_ += arrivals_ == Arrivals::kFixed ? gap_ns_ : -std::log(uniform()) * gap_ns_;
  }

 private:
  /// In (0, 1].
  double uniform() {
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    return static_cast<double>((random_ * 0x2545F4914F6CDD1Dull >> 11) + 1) * 0x1.0p-53;
  }

  const Arrivals arrivals_;
  const double gap_ns_;
  const TimeNs start_ns_;
  double offset_ns_ = 0;
  std::uint64_t random_;
};

}  // namespace saker::bench
