// How often a session may do something: tokens fill up at a steady rate to at most a burst.
// Integers only: a token is kept as the nanoseconds it takes to earn it.
#pragma once

#include <algorithm>

#include "engine/config.hpp"

namespace saker::engine {

class TokenBucket {
 public:
  /// Full from the start. Rate 0: no limit.
  void reset(RateLimit limit, TimeNs now_ns) {
    cost_ns_ = limit.per_second == 0 ? 0 : 1'000'000'000 / limit.per_second;
    most_ns_ = cost_ns_ * std::max<std::uint32_t>(limit.burst, 1);
    saved_ns_ = most_ns_;
    filled_at_ns_ = now_ns;
  }

  /// Takes a token if there is one.
  bool take(TimeNs now_ns) {
    if (cost_ns_ == 0) return true;
    if (now_ns > filled_at_ns_) {
      saved_ns_ = std::min(most_ns_, saved_ns_ + (now_ns - filled_at_ns_));
      filled_at_ns_ = now_ns;
    }
    if (saved_ns_ < cost_ns_) return false;
    saved_ns_ -= cost_ns_;
    return true;
  }
  /// Until the next token, nanoseconds.
  std::uint64_t wait_ns() const { return saved_ns_ >= cost_ns_ ? 0 : cost_ns_ - saved_ns_; }

 private:
  std::uint64_t cost_ns_ = 0;
  std::uint64_t most_ns_ = 0;
  std::uint64_t saved_ns_ = 0;
  TimeNs filled_at_ns_ = 0;
};

}  // namespace saker::engine
