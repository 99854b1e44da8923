// Commands from the log on their way into the core. A replay knows what comes next, which the live
// engine does not: some commands wait here while the memory that they will touch is fetched.
#pragma once

#include <array>

#include "common/assert.hpp"
#include "engine/core/core.hpp"
#include "engine/log_record.hpp"

namespace saker::engine {

class LookAhead {
 public:
  /// At most so many wait. The order that a command names is fetched when it comes, what hangs on
  /// that order half as many commands later: long enough for memory, short enough for the caches.
  static constexpr std::size_t kCommands = 16;

  /// Takes the record's command in; there must be room. Otherwise says why it is none, and nothing
  /// has changed. `core`: that it will be applied to, or nullptr when there is none yet.
  const char* push(const journal::RecordView& record, const core::Core* core) {
    SAKER_ASSERT(!full());
    Waiting& waiting = at(pushed_);
    if (const char* why = to_command(record, waiting.body, waiting.command)) return why;
    ++pushed_;
    if (core == nullptr) return nullptr;
    core->prefetch_order(waiting.command);
    if (pushed_ - popped_ > kCommands / 2) {
      core->prefetch_neighbours(at(pushed_ - 1 - kCommands / 2).command);
    }
    return nullptr;
  }
  bool full() const { return pushed_ - popped_ == kCommands; }
  bool empty() const { return pushed_ == popped_; }
  /// The oldest; valid until the next push() after its pop().
  const core::Command& front() { return at(popped_).command; }
  void pop() { ++popped_; }

 private:
  struct Waiting {
    core::Command command;
    CommandBody body;
  };
  Waiting& at(std::uint64_t number) { return waiting_[number % kCommands]; }

  std::array<Waiting, kCommands> waiting_;
  std::uint64_t pushed_ = 0;
  std::uint64_t popped_ = 0;
};

}  // namespace saker::engine
