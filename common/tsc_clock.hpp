// UTC from the processor's time-stamp counter, for the loop that must not enter the kernel even
// where the vDSO's clock would (emulated machines, odd clock sources), and counters of network
// cards on the same footing. A control thread compares with the kernel's clock about once a
// second and corrects rate and offset; readers never wait.
//
// Between two corrections the clock follows the last measured rate: with one second between them
// it stays within a microsecond of the kernel's on a counter that runs evenly. Like the kernel's
// it may step when UTC does.
#pragma once

#include <time.h>
#include <x86intrin.h>

#include <array>
#include <atomic>

#include "common/assert.hpp"
#include "common/clock.hpp"

namespace saker {

/// Maps any steady counter to UTC. One writer at a time, readers on any thread.
class CounterClock {
 public:
  bool calibrated() const { return scale_.load(std::memory_order_relaxed) != 0; }

  /// UTC nanoseconds of `counter`, which may lie before the last update. Needs calibrated().
  TimeNs utc_ns(std::uint64_t counter) const {
    while (true) {
      const std::uint64_t version = version_.load(std::memory_order_acquire);
      const std::uint64_t base_counter = base_counter_.load(std::memory_order_relaxed);
      const std::uint64_t base_ns = base_ns_.load(std::memory_order_relaxed);
      const std::uint64_t scale = scale_.load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (version % 2 == 0 && version_.load(std::memory_order_relaxed) == version) {
        return scaled(base_ns, static_cast<std::int64_t>(counter - base_counter), scale);
      }
    }
  }

  /// The writer: at `counter` UTC was `utc_ns`. The second call, 10 ms or more after the first,
  /// calibrates; later ones correct. A jump of UTC is followed at once and not taken for a rate.
  void update(std::uint64_t counter, TimeNs utc_ns) {
    if (calibrated()) {
      const auto off = static_cast<std::int64_t>(utc_ns - this->utc_ns(counter));
      if (off > kJumpNs || off < -kJumpNs) points_ = 0;
    }
    const std::uint64_t newest = points_++;
    history_[newest % kHistory] = {counter, utc_ns};
    const Point& oldest = history_[newest < kHistory ? 0 : (newest + 1) % kHistory];
    std::uint64_t scale = scale_.load(std::memory_order_relaxed);
    if (counter > oldest.counter && utc_ns > oldest.utc_ns) {
      scale = static_cast<std::uint64_t>((static_cast<Int128>(utc_ns - oldest.utc_ns) << 32) /
                                         (counter - oldest.counter));
    }
    version_.fetch_add(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    base_counter_.store(counter, std::memory_order_relaxed);
    base_ns_.store(utc_ns, std::memory_order_relaxed);
    scale_.store(scale, std::memory_order_relaxed);
    version_.fetch_add(1, std::memory_order_release);
  }

 private:
  struct Point {
    std::uint64_t counter;
    TimeNs utc_ns;
  };
  static constexpr std::size_t kHistory = 16;
  static constexpr std::int64_t kJumpNs = 1'000'000;

  static TimeNs scaled(std::uint64_t base_ns, std::int64_t ticks, std::uint64_t scale) {
    const auto ns = static_cast<Int128>(ticks) * static_cast<Int128>(scale) >> 32;
    return base_ns + static_cast<std::uint64_t>(static_cast<std::int64_t>(ns));
  }

  alignas(kCacheLine) std::atomic<std::uint64_t> version_{0};  // odd while it is written
  std::atomic<std::uint64_t> base_counter_{0};
  std::atomic<std::uint64_t> base_ns_{0};
  std::atomic<std::uint64_t> scale_{0};  // nanoseconds of a tick, times 2^32
  alignas(kCacheLine) std::array<Point, kHistory> history_{};
  std::uint64_t points_ = 0;
};

/// The process's clock on the time-stamp counter.
class TscClock {
 public:
  /// The first of the process takes 10 ms to calibrate it.
  TscClock() {
    while (!shared().clock.calibrated()) {
      refresh();
      const timespec nap{0, 10'500'000};
      ::nanosleep(&nap, nullptr);
      refresh();
    }
  }

  TimeNs now_ns() const { return shared().clock.utc_ns(ticks()); }
  /// UTC of an earlier ticks().
  TimeNs utc_ns(std::uint64_t ticks) const { return shared().clock.utc_ns(ticks); }
  static std::uint64_t ticks() { return __rdtsc(); }

  /// Control threads, about once a second: compares with the kernel's clock. Several may call it;
  /// more often than every 10 ms does nothing.
  static void refresh() {
    Shared& clock = shared();
    if (clock.busy.test_and_set(std::memory_order_acquire)) return;
    std::uint64_t counter = 0;
    std::uint64_t width = ~std::uint64_t{0};
    TimeNs utc_ns = 0;
    for (int tries = 0; tries < 8; ++tries) {  // the narrowest of these was interrupted least
      const std::uint64_t before = ticks();
      const TimeNs now_ns = UtcClock().now_ns();
      const std::uint64_t after = ticks();
      if (after - before < width) {
        width = after - before;
        counter = before + width / 2;
        utc_ns = now_ns;
      }
    }
    if (clock.updates == 0 || utc_ns - clock.updated_ns >= kLeastIntervalNs) {
      ++clock.updates;
      clock.updated_ns = utc_ns;
      clock.clock.update(counter, utc_ns);
    }
    clock.busy.clear(std::memory_order_release);
  }

 private:
  static constexpr std::uint64_t kLeastIntervalNs = 10'000'000;
  struct Shared {
    CounterClock clock;
    std::atomic_flag busy = ATOMIC_FLAG_INIT;
    std::uint64_t updates = 0;
    TimeNs updated_ns = 0;
  };
  static Shared& shared() {
    static constinit Shared shared;
    return shared;
  }
};
static_assert(Clock<TscClock>);

}  // namespace saker
