// The session's reports in order and exactly once, out of datagrams that come late, twice or not
// at all: what is ahead of its turn waits in a ring; what is missing is named by gap().
#pragma once

#include <vector>

#include "common/assert.hpp"
#include "common/types.hpp"
#include "order_entry_generated.h"

namespace saker::client {

class ReportStream {
 public:
  explicit ReportStream(std::size_t capacity = 1024) : mask_(capacity - 1), slots_(capacity) {
    SAKER_ASSERT(capacity >= 2 && (capacity & mask_) == 0);
  }

  /// From now on `next` is the first report to deliver; what waits is forgotten.
  void restart(std::uint64_t next) {
    for (proto::Report& slot : slots_) slot = proto::Report{};
    next_ = next;
    known_end_ = next;
  }

  /// A report arrived. True when it is new to us; it is then delivered by take() when its turn
  /// comes, unless it is so far ahead that there is no room (it is asked for again later).
  bool offer(const proto::Report& report) {
    const std::uint64_t sequence = report.report_sequence();
    if (sequence < next_) return false;
    announce(sequence + 1);
    if (sequence - next_ > mask_) return true;
    proto::Report& slot = slots_[sequence & mask_];
    if (slot.report_sequence() == sequence) return false;
    slot = report;
    return true;
  }

  /// The engine said that its next report will be `end`: everything below exists.
  void announce(std::uint64_t end) {
    if (end > known_end_) known_end_ = end;
  }

  /// The next report in order, or nullptr. Valid until the next offer().
  const proto::Report* take() {
    const proto::Report& slot = slots_[next_ & mask_];
    if (slot.report_sequence() != next_ || next_ == 0) return nullptr;
    ++next_;
    return &slot;
  }

  /// First missing report and one past the last one missing before the next that is here; equal
  /// when nothing is missing.
  struct Gap {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    bool empty() const { return from >= to; }
  };
  Gap gap() const {
    if (known_end_ <= next_) return {next_, next_};
    std::uint64_t to = next_;
    while (to < known_end_ && to - next_ <= mask_ && waiting(to) == nullptr) ++to;
    return {next_, to};
  }
  /// Gives up what is missing below `sequence`, which is at or above next().
  void skip_to(std::uint64_t sequence) {
    SAKER_ASSERT(sequence >= next_);
    next_ = sequence;
    announce(sequence);
  }
  /// The report behind the gap, or nullptr when it is not here.
  const proto::Report* waiting(std::uint64_t sequence) const {
    const proto::Report& slot = slots_[sequence & mask_];
    return slot.report_sequence() == sequence ? &slot : nullptr;
  }

  std::uint64_t next() const { return next_; }
  /// Highest sequence up to which everything was delivered: the cumulative ack.
  std::uint64_t delivered() const { return next_ == 0 ? 0 : next_ - 1; }

 private:
  const std::uint64_t mask_;
  std::vector<proto::Report> slots_;
  std::uint64_t next_ = 0;
  std::uint64_t known_end_ = 0;
};

}  // namespace saker::client
