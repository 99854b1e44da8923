#include "web/loop.hpp"

#include <signal.h>

#include <algorithm>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "common/clock.hpp"
#include "web/asio.hpp"

namespace saker::web {

namespace {

using Nanoseconds = std::chrono::nanoseconds;

/// Half of the clock's range is far enough away, and adding to it cannot overflow.
Nanoseconds bounded(std::uint64_t duration_ns) {
  return Nanoseconds(std::min<std::uint64_t>(duration_ns, INT64_MAX / 2));
}

}  // namespace

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

void Loop::run() {
  impl_->io.run();
  impl_->io.restart();
}

void Loop::run_for(std::uint64_t duration_ns) {
  impl_->io.run_for(bounded(duration_ns));
  impl_->io.restart();
}

bool Loop::run_until(const std::function<bool()>& done, std::uint64_t longest_ns) {
  const auto deadline = SteadyClock::now() + bounded(longest_ns);
  while (!done()) {
    if (impl_->io.run_one_until(deadline) == 0) return done();
  }
  return true;
}

void Loop::stop() { impl_->io.stop(); }

void Loop::post(std::function<void()> fn) { asio::post(impl_->io, std::move(fn)); }

void Loop::after(std::uint64_t delay_ns, std::function<void()> fn) {
  auto timer = std::make_shared<SteadyTimer>(impl_->io.get_executor());
  timer->expires_after(bounded(delay_ns));
  timer->async_wait([timer, fn = std::move(fn)](const ErrorCode& error) {
    if (!error) fn();
  });
}

void Loop::stop_on_signals(std::function<void()> fn) {
  impl_->signals = std::make_unique<asio::basic_signal_set<Executor>>(impl_->io.get_executor(),
                                                                      SIGTERM, SIGINT);
  impl_->signals->async_wait([this, fn = std::move(fn)](const ErrorCode& error, int) {
    if (error) return;
    impl_->signals->async_wait([this](const ErrorCode& again, int) {
      if (!again) stop();
    });
    fn();
  });
}

TimeNs Loop::now_ns() const { return impl_->clock.now_ns(); }
TimeNs Loop::utc_ns() const { return UtcClock().now_ns(); }

struct Timer::Impl : std::enable_shared_from_this<Impl> {
  explicit Impl(Loop& loop) : timer(loop.impl().io.get_executor()) {}

  void start(std::uint64_t delay_ns, std::uint64_t interval_ns, std::function<void()> fn) {
    const std::uint64_t mine = ++generation;
    timer.expires_after(bounded(delay_ns));
    wait(mine, interval_ns, std::make_shared<std::function<void()>>(std::move(fn)));
  }

  // `fn` is shared with the handler, so that it may start or destroy the timer from within.
  void wait(std::uint64_t mine, std::uint64_t interval_ns,
            std::shared_ptr<std::function<void()>> fn) {
    timer.async_wait([self = shared_from_this(), mine, interval_ns, fn](const ErrorCode& error) {
      if (error || mine != self->generation) return;
      (*fn)();
      if (interval_ns == 0 || mine != self->generation) return;
      self->timer.expires_at(
          std::max(self->timer.expiry() + bounded(interval_ns), SteadyClock::now()));
      self->wait(mine, interval_ns, fn);
    });
  }

  void cancel() {
    ++generation;
    timer.cancel();
  }

  SteadyTimer timer;
  std::uint64_t generation = 0;
};

Timer::Timer(Loop& loop) : impl_(std::make_shared<Impl>(loop)) {}
Timer::~Timer() {
  if (impl_) impl_->cancel();
}
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&& other) noexcept {
  if (impl_) impl_->cancel();
  impl_ = std::move(other.impl_);
  return *this;
}
void Timer::after(std::uint64_t delay_ns, std::function<void()> fn) {
  impl_->start(delay_ns, 0, std::move(fn));
}
void Timer::every(std::uint64_t interval_ns, std::function<void()> fn) {
  impl_->start(interval_ns, std::max<std::uint64_t>(interval_ns, 1), std::move(fn));
}
void Timer::cancel() { impl_->cancel(); }

struct Watch::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& loop, int fd, std::function<void()> fn)
      : descriptor(loop.impl().io.get_executor(), fd), readable(std::move(fn)) {}

  void wait() {
    descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const ErrorCode& error) {
                            if (error || !self->alive) return;
                            self->readable();
                            if (self->alive) self->wait();
                          });
  }

  void end() {
    alive = false;
    descriptor.release();  // the file descriptor stays open: it is the caller's
  }

  asio::posix::basic_stream_descriptor<Executor> descriptor;
  std::function<void()> readable;
  bool alive = true;
};

Watch::Watch(Loop& loop, int fd, std::function<void()> readable)
    : impl_(std::make_shared<Impl>(loop, fd, std::move(readable))) {
  impl_->wait();
}
Watch::~Watch() {
  if (impl_) impl_->end();
}
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&& other) noexcept {
  if (impl_) impl_->end();
  impl_ = std::move(other.impl_);
  return *this;
}

}  // namespace saker::web
