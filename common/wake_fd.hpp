// Like WakeUp, for a sleeper that also waits for a socket: the wake-up is a file descriptor to
// poll together with it. notify() costs one locked instruction while the sleeper is awake.
//
//   sleeper:  wake.prepare(); if (has_work()) wake.cancel();
//             else { transport.wait(timeout_ns, wake.fd()); wake.cancel(); }
//   others:   publish the work; wake.notify();
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>

#include "common/assert.hpp"
#include "common/types.hpp"

namespace saker {

class WakeFd {
 public:
  WakeFd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { SAKER_ASSERT(fd_ >= 0); }
  ~WakeFd() { ::close(fd_); }
  WakeFd(const WakeFd&) = delete;
  WakeFd& operator=(const WakeFd&) = delete;

  int fd() const { return fd_; }

  /// Any thread. Work published before is seen by the sleeper's next check.
  void notify() {
    if (state_.fetch_add(0, std::memory_order_seq_cst) == kAwake) return;
    if (state_.exchange(kAwake, std::memory_order_seq_cst) == kSleeping) {
      const std::uint64_t one = 1;
      // Fails only when the counter is full, and then the descriptor is readable anyway.
      [[maybe_unused]] const ssize_t n = ::write(fd_, &one, sizeof one);
    }
  }

  /// The one sleeper: announces the intent to sleep. Check for work after it.
  void prepare() { state_.exchange(kSleeping, std::memory_order_seq_cst); }
  /// The sleeper is awake again. Costs a system call only when somebody notified.
  void cancel() {
    if (state_.exchange(kAwake, std::memory_order_seq_cst) == kAwake) {
      std::uint64_t count;
      [[maybe_unused]] const ssize_t n = ::read(fd_, &count, sizeof count);
    }
  }

 private:
  static constexpr std::uint32_t kAwake = 0;
  static constexpr std::uint32_t kSleeping = 1;
  int fd_;
  alignas(kCacheLine) std::atomic<std::uint32_t> state_{kAwake};
};

}  // namespace saker
