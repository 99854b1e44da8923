// Lets one thread sleep until another has work for it, at the price of one locked instruction
// per notify() while the sleeper is awake; only waking a real sleeper costs a system call.
//
//   sleeper:  wake.prepare(); if (has_work()) wake.cancel(); else wake.wait(timeout_ns);
//   others:   publish the work; wake.notify();
//
// Both sides change `state_` by read-modify-write, so one of the two comes first: either the
// sleeper's check sees the work, or notify() sees the sleeper. No wake-up is lost.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "common/types.hpp"

namespace saker {

class WakeUp {
 public:
  static constexpr std::uint64_t kForever = UINT64_MAX;

  /// Any thread. Work published before is seen by the sleeper's next check.
  void notify() {
    if (state_.fetch_add(0, std::memory_order_seq_cst) == kAwake) return;
    if (state_.exchange(kAwake, std::memory_order_seq_cst) == kSleeping) {
      ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    }
  }

  /// The one sleeper: announces the intent to sleep. Check for work after it.
  void prepare() { state_.exchange(kSleeping, std::memory_order_seq_cst); }
  void cancel() { state_.exchange(kAwake, std::memory_order_seq_cst); }
  /// Sleeps until notify() or for `timeout_ns`; may return early without either.
  void wait(std::uint64_t timeout_ns) {
    const timespec timeout{static_cast<time_t>(timeout_ns / 1'000'000'000),
                           static_cast<long>(timeout_ns % 1'000'000'000)};
    ::syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, kSleeping,
              timeout_ns == kForever ? nullptr : &timeout, nullptr, 0);
    cancel();
  }

 private:
  static constexpr std::uint32_t kAwake = 0;
  static constexpr std::uint32_t kSleeping = 1;
  alignas(kCacheLine) std::atomic<std::uint32_t> state_{kAwake};
  static_assert(sizeof(std::atomic<std::uint32_t>) == 4);
};

}  // namespace saker
