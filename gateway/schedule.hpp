// The time, and what is to be done later, for the parts that decide about customers' orders: the
// process's loop, or the simulator's clock.
#pragma once

#include <functional>

#include "common/types.hpp"

namespace saker::gateway {

class Schedule {
 public:
  virtual ~Schedule() = default;
  /// UTC nanoseconds, never going back.
  virtual TimeNs now_ns() = 0;
  /// Runs `fn` soon, never within this call.
  virtual void post(std::function<void()> fn) = 0;
  /// Runs `fn` once after `delay_ns`.
  virtual void after(std::uint64_t delay_ns, std::function<void()> fn) = 0;
};

}  // namespace saker::gateway
