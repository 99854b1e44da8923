// A histogram that one thread fills and another evaluates, without either waiting: the filler
// hands a full one over and goes on with the other. Evaluating takes tens of microseconds, which
// a hot thread does not have.
#pragma once

#include <atomic>

#include "common/latency_histogram.hpp"

namespace saker {

class SharedHistogram {
 public:
  /// The filling thread.
  void record(std::uint64_t value_ns, std::uint64_t times = 1) {
    halves_[filling_].record(value_ns, times);
  }
  /// The filling thread, now and then: what is recorded so far may be taken. While the last one
  /// has not been taken, nothing happens and recording goes on in the same.
  void hand_over() {
    if (full_.load(std::memory_order_acquire) != kNone) return;
    full_.store(filling_, std::memory_order_release);
    filling_ ^= 1;
  }
  /// The filling thread: what is in hand now (for tests and tools).
  const LatencyHistogram& filling() const { return halves_[filling_]; }

  /// The evaluating thread: `look` sees what was handed over, which is empty afterwards. False
  /// when nothing was.
  template <class Look>
  bool take(Look&& look) {
    const std::uint32_t half = full_.load(std::memory_order_acquire);
    if (half == kNone) return false;
    look(static_cast<const LatencyHistogram&>(halves_[half]));
    halves_[half].clear();
    full_.store(kNone, std::memory_order_release);
    return true;
  }

 private:
  static constexpr std::uint32_t kNone = 2;
  std::uint32_t filling_ = 0;
  std::atomic<std::uint32_t> full_{kNone};
  LatencyHistogram halves_[2];
};

}  // namespace saker
