#include "accounts/payments/cursor_watch.hpp"

#include "accounts/payments/payments_store.hpp"

namespace saker::accounts {
namespace {

constexpr std::uint64_t kAskAgainNs = 10'000'000;

}  // namespace

void CursorWatch::wait(Sequence sequence, std::int64_t patience_ms,
                       std::function<void(bool reached)> done) {
  const auto patience_ns = static_cast<std::uint64_t>(patience_ms) * 1'000'000;
  waiters_.push_back({sequence, loop_.now_ns() + patience_ns, std::move(done)});
  if (sequence <= cursor_) {
    loop_.post([this] { look(); });
  } else {
    ask();
  }
}

void CursorWatch::ask() {
  if (asking_) return;
  asking_ = true;
  database_.run(Database::Mode::read, settlement_cursor, [this](const DbResult<Sequence>& result) {
    asking_ = false;
    if (result) cursor_ = *result.value;
    look();
    if (!waiters_.empty()) timer_.after(kAskAgainNs, [this] { ask(); });
  });
}

void CursorWatch::look() {
  const TimeNs now_ns = loop_.now_ns();
  std::list<Waiter> ready;
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    const auto next = std::next(at);
    if (at->sequence <= cursor_ || now_ns >= at->give_up_ns) {
      ready.splice(ready.end(), waiters_, at);
    }
    at = next;
  }
  for (Waiter& waiter : ready) waiter.done(waiter.sequence <= cursor_);
}

}  // namespace saker::accounts
