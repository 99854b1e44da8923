// The world's clock. It stands still while code runs and moves only when the scheduler says so.
#pragma once

#include "common/assert.hpp"
#include "common/types.hpp"

namespace saker::sim {

inline constexpr std::uint64_t kMs = 1'000'000;  // of the clock's nanoseconds

class VirtualClock {
 public:
  /// 2023-11-14 22:13:20 UTC, so that times look like times.
  static constexpr TimeNs kStart = 1'700'000'000'000'000'000;

  TimeNs now() const { return now_; }
  TimeNs now_ns() const { return now_; }  // saker::Clock
  void advance_to(TimeNs time_ns) {
    SAKER_ASSERT(time_ns >= now_);
    now_ = time_ns;
  }
  void advance_by(std::uint64_t duration_ns) { now_ += duration_ns; }

 private:
  TimeNs now_ = kStart;
};

}  // namespace saker::sim
