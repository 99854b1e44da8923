// The one thread of a service: an event loop with posted functions, timers and watched file
// descriptors. Everything of web/ runs on it; only post() and stop() may be called from elsewhere.
//
//   Loop loop;
//   Timer tick(loop);
//   tick.every(100'000'000, [&] { publish(); });
//   Watch orders(loop, transport.fd(), [&] { session.poll(now()); });
//   loop.stop_on_signals([&] { server.drain([&] { loop.stop(); }); });
//   loop.run();
#pragma once

#include <functional>
#include <memory>

#include "common/types.hpp"

namespace saker::web {

class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(). An exception from a function leaves through here.
  void run();
  /// Runs what is due and comes due within `duration_ns`, then returns; for tests.
  void run_for(std::uint64_t duration_ns);
  /// Like run_for, but ends as soon as `done` says so; false when it never did. For tests.
  bool run_until(const std::function<bool()>& done, std::uint64_t longest_ns);
  /// Any thread. run() returns after the function that it is in.
  void stop();

  /// Any thread. `fn` runs on the loop, never within this call.
  void post(std::function<void()> fn);
  /// Runs `fn` once after `delay_ns`; for one that may be called off use Timer.
  void after(std::uint64_t delay_ns, std::function<void()> fn);
  /// SIGTERM and SIGINT call `fn` on the loop; a second one stops at once. Blocks the default
  /// action from here on.
  void stop_on_signals(std::function<void()> fn);

  /// For time-outs and rates: nanoseconds that rise with the time that passes, also when the host's
  /// clock is set (UnsteppedClock). Any thread.
  TimeNs now_ns() const;
  /// What the host's clock says, UTC nanoseconds: for what is told, signed and kept. May step. Any
  /// thread.
  TimeNs utc_ns() const;

  struct Impl;
  Impl& impl() { return *impl_; }  // for the other files of web/

 private:
  std::unique_ptr<Impl> impl_;
};

/// One pending call. Starting it again replaces what was pending; destroying it calls it off.
class Timer {
 public:
  explicit Timer(Loop& loop);
  ~Timer();
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;

  void after(std::uint64_t delay_ns, std::function<void()> fn);
  /// First after one interval. A late call is not made up for.
  void every(std::uint64_t interval_ns, std::function<void()> fn);
  void cancel();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Calls `readable` whenever `fd` has something to read, until it is destroyed. Does not own `fd`,
/// which must outlive it. `readable` may destroy the Watch.
class Watch {
 public:
  Watch(Loop& loop, int fd, std::function<void()> readable);
  ~Watch();
  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace saker::web
