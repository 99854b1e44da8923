// The last feed messages by number: those that wait for an earlier one, and those already applied,
// from which a snapshot that is somewhat older is brought up to date.
#pragma once

#include <map>
#include <vector>

#include "common/assert.hpp"
#include "common/types.hpp"
#include "feed_generated.h"

namespace saker::client {

class FeedRing {
 public:
  explicit FeedRing(std::size_t capacity) : mask_(capacity - 1), slots_(capacity) {
    SAKER_ASSERT(capacity >= 2 && (capacity & mask_) == 0);
  }

  /// Forgets everything; `first` is the next message to come.
  void restart(std::uint64_t first) {
    for (Slot& slot : slots_) slot.sequence = 0;
    definitions_.clear();
    first_ = next_ = end_ = first;
  }

  std::uint64_t first() const { return first_; }  // oldest that is kept without a hole up to next
  std::uint64_t next() const { return next_; }    // the next to be applied
  std::uint64_t end() const { return end_; }      // one past the highest known to exist

  void announce(std::uint64_t end) {
    if (end > end_) end_ = end;
  }

  /// True when the message is new. One too far ahead to keep is only known to exist.
  bool offer(std::uint64_t sequence, const proto::FeedMessage& message,
             const proto::MarketDefinition* definition) {
    if (sequence < next_) return false;
    announce(sequence + 1);
    if (sequence - next_ > mask_ / 2) return true;
    Slot& slot = slots_[sequence & mask_];
    if (slot.sequence == sequence) return false;
    slot.sequence = sequence;
    slot.message = message;
    if (definition != nullptr) definitions_[sequence] = *definition;
    return true;
  }

  /// The next message in order, or nullptr. It stays readable through at().
  const proto::FeedMessage* take() {
    const Slot& slot = slots_[next_ & mask_];
    if (slot.sequence != next_) return nullptr;
    ++next_;
    if (next_ - first_ > mask_ / 2) forget_before(next_ - mask_ / 2);
    return &slot.message;
  }

  /// A message in [first(), next()).
  const proto::FeedMessage& at(std::uint64_t sequence) const {
    return slots_[sequence & mask_].message;
  }
  /// The definition that came with a MarketDefined message; nullptr when it is forgotten.
  const proto::MarketDefinition* definition(std::uint64_t sequence) const {
    const auto found = definitions_.find(sequence);
    return found == definitions_.end() ? nullptr : &found->second;
  }

  bool has_gap() const { return next_ < end_; }
  /// One past the last missing message before the next one that is here.
  std::uint64_t gap_end() const {
    std::uint64_t to = next_;
    while (to < end_ && to - next_ <= mask_ / 2 && slots_[to & mask_].sequence != to) ++to;
    return to;
  }

 private:
  struct Slot {
    std::uint64_t sequence = 0;
    proto::FeedMessage message;
  };
  void forget_before(std::uint64_t sequence) {
    first_ = sequence;
    while (!definitions_.empty() && definitions_.begin()->first < first_) {
      definitions_.erase(definitions_.begin());
    }
  }

  const std::uint64_t mask_;
  std::vector<Slot> slots_;
  std::map<std::uint64_t, proto::MarketDefinition> definitions_;  // few and rare
  std::uint64_t first_ = 1;
  std::uint64_t next_ = 1;
  std::uint64_t end_ = 1;
};

}  // namespace saker::client
