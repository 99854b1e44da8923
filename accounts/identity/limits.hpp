// How often something may be done, as a bucket that fills with each use and drains with time. The
// whole state is one number, the time at which the bucket would be empty, so that it fits in a
// database row and survives every restart.
#pragma once

#include <algorithm>
#include <cstdint>

namespace saker::accounts {

/// `count` uses at once, and again as many spread over each window. Times in UTC milliseconds.
struct Limit {
  std::int64_t count = 1;      // 1..1,000,000
  std::int64_t window_ms = 1;  // at least `count`, so that a use weighs something
};

struct LimitAnswer {
  bool allowed = false;
  std::int64_t empty_ms = 0;        // to be kept; unchanged when not allowed
  std::int64_t retry_after_ms = 0;  // until one use is allowed; 0 when this one was
};

/// One use at `now_ms` of a bucket that would be empty at `empty_ms` (0: never used). One that is
/// more than full was filled before the host's clock was set back, nobody knows when: it counts as
/// never used, or it would be full for as long as the clock was set back.
inline LimitAnswer use_limit(const Limit& limit, std::int64_t empty_ms, std::int64_t now_ms) {
  const std::int64_t weight_ms = limit.window_ms / limit.count;
  const std::int64_t full_ms = now_ms + weight_ms * limit.count;
  const std::int64_t after_ms = (empty_ms > full_ms ? now_ms : std::max(empty_ms, now_ms)) +
                                weight_ms;
  const std::int64_t over_ms = after_ms - full_ms;
  if (over_ms > 0) return {false, empty_ms, over_ms};
  return {true, after_ms, 0};
}

}  // namespace saker::accounts
