// A rate: so many per second, with some saved up. Integer arithmetic on the caller's clock.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/types.hpp"

namespace saker::gateway {

struct RateLimit {
  std::uint32_t per_second = 0;  // 0: no limit
  std::uint32_t burst = 1;
};

class TokenBucket {
 public:
  /// True, and one is used, when there is one.
  bool take(const RateLimit& limit, TimeNs now_ns) {
    if (limit.per_second == 0) return true;
    const std::uint64_t cost_ns = 1'000'000'000 / limit.per_second;
    const std::uint64_t most_ns = cost_ns * std::max<std::uint32_t>(limit.burst, 1);
    // Time not used yet, never more than the burst is worth.
    from_ns_ = std::max(from_ns_, now_ns > most_ns ? now_ns - most_ns : 0);
    if (from_ns_ + cost_ns > now_ns) return false;
    from_ns_ += cost_ns;
    return true;
  }
  /// When the next one will be there.
  TimeNs next_ns(const RateLimit& limit) const {
    return limit.per_second == 0 ? 0 : from_ns_ + 1'000'000'000 / limit.per_second;
  }

 private:
  TimeNs from_ns_ = 0;
};

}  // namespace saker::gateway
