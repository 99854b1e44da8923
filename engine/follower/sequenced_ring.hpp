// The last items of a numbered stream, found by their number. Grows by doubling up to its
// capacity, so that a quiet stream costs little; then the newest takes the place of the oldest.
#pragma once

#include <vector>

#include "common/assert.hpp"
#include "common/types.hpp"

namespace saker::follower {

template <class T>
class SequencedRing {
 public:
  /// `capacity` is a power of two.
  explicit SequencedRing(std::size_t capacity = 0) : capacity_(capacity) {
    SAKER_ASSERT((capacity & (capacity - 1)) == 0);
  }

  /// Says where the stream stands while nothing of it is known: item next - 1 exists but is not
  /// here.
  void begin_at(std::uint64_t next) {
    first_ = next_ = next;
    items_.clear();
  }

  /// Without `may_grow` the oldest makes room as soon as there is anything at all.
  void push(std::uint64_t sequence, const T& item, bool may_grow = true) {
    if (next_ == 0) begin_at(sequence);
    SAKER_ASSERT(sequence == next_ && capacity_ != 0);
    const bool full = next_ - first_ == items_.size();
    if (full && items_.size() < capacity_ && (may_grow || items_.empty())) grow();
    if (next_ - first_ == items_.size()) ++first_;
    items_[next_ & (items_.size() - 1)] = item;
    ++next_;
  }

  /// Items [first, next) are here. next 0: nothing is known yet.
  std::uint64_t first() const { return first_; }
  std::uint64_t next() const { return next_; }
  /// Items there is room for now.
  std::size_t room() const { return items_.size(); }
  bool holds(std::uint64_t sequence) const { return sequence >= first_ && sequence < next_; }
  const T& operator[](std::uint64_t sequence) const {
    SAKER_ASSERT(holds(sequence));
    return items_[sequence & (items_.size() - 1)];
  }

 private:
  static constexpr std::size_t kFirstSize = 16;

  void grow() {
    std::size_t size = items_.empty() ? kFirstSize : 2 * items_.size();
    if (size > capacity_) size = capacity_;
    std::vector<T> larger(size);
    for (std::uint64_t s = first_; s < next_; ++s) {
      larger[s & (size - 1)] = items_[s & (items_.size() - 1)];
    }
    items_ = std::move(larger);
  }

  std::size_t capacity_;
  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;
  std::vector<T> items_;
};

}  // namespace saker::follower
