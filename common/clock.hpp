// Time as an argument: stages get `now_ns` from a Clock that the loop owns, so the simulator can
// hand them another one.
//
// UtcClock reads the kernel's clock through the vDSO, about 20 ns and no system call: the vDSO
// reads the processor's counter, corrects it as NTP or PTP learn more, and turns to the kernel
// where the counter cannot be trusted. A loop that must never enter the kernel: tsc_clock.hpp.
#pragma once

#include <sys/timex.h>
#include <time.h>

#include <concepts>

#include "common/types.hpp"

namespace saker {

template <class T>
concept Clock = requires(T clock) {
  /// UTC nanoseconds. May step backwards; the sequencer clamps.
  { clock.now_ns() } -> std::same_as<TimeNs>;
};

struct UtcClock {
  TimeNs now_ns() const {
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<TimeNs>(now.tv_sec) * 1'000'000'000 + static_cast<TimeNs>(now.tv_nsec);
  }
};

/// For intervals on one machine: never steps, but starts anywhere.
struct MonotonicClock {
  TimeNs now_ns() const {
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<TimeNs>(now.tv_sec) * 1'000'000'000 + static_cast<TimeNs>(now.tv_nsec);
  }
};

/// UTC as it was when this clock was made, and since then the time that has passed: when somebody
/// sets the host's clock, forwards or back, it goes on as if nothing had happened. The next run's
/// begins at what UTC is then, so it may begin earlier. For time-outs, rates and whatever else
/// waits. What people are told, what is kept and what is compared with another process's time is
/// UtcClock's. Any thread.
class UnsteppedClock {
 public:
  TimeNs now_ns() const { return ahead_ns_ + MonotonicClock().now_ns(); }

 private:
  TimeNs ahead_ns_ = UtcClock().now_ns() - MonotonicClock().now_ns();
};

/// Stands still until it is told.
struct ManualClock {
  TimeNs time_ns = 0;
  TimeNs now_ns() const { return time_ns; }
};

static_assert(Clock<UtcClock> && Clock<MonotonicClock> && Clock<UnsteppedClock> &&
              Clock<ManualClock>);

/// The numbers of CommandEnvelope::clock_quality.
enum class ClockQuality : std::uint8_t { kUnknown = 0, kSynchronised = 1, kHoldover = 2 };

/// What the kernel knows about UTC. A system call: ask once a second, not per command.
/// kHoldover: it was synchronised when last asked, and is not any more.
inline ClockQuality clock_quality(ClockQuality before) {
  timex query{};
  const int state = ::adjtimex(&query);
  if (state != -1 && state != TIME_ERROR && !(query.status & STA_UNSYNC)) {
    return ClockQuality::kSynchronised;
  }
  return before == ClockQuality::kUnknown ? ClockQuality::kUnknown : ClockQuality::kHoldover;
}

}  // namespace saker
