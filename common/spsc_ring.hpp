// One producer, one consumer, no locks: a ring of fixed slots between two threads.
//
// Each side keeps its own index in its own cache line together with a stale copy of the other
// side's index. As long as the copy says "there is room" nobody touches the other's line; only
// when the copy runs out is the real index read, so in steady state a line moves between the
// cores once per lap of slack, not once per element.
#pragma once

#include <atomic>
#include <memory>

#include "common/assert.hpp"
#include "common/types.hpp"

namespace saker {

template <class T>
class SpscRing {
 public:
  /// `capacity` must be a power of two.
  explicit SpscRing(std::size_t capacity)
      : mask_(capacity - 1), slots_(std::make_unique<T[]>(capacity)) {
    SAKER_ASSERT(capacity >= 2 && (capacity & mask_) == 0);
  }

  std::size_t capacity() const { return mask_ + 1; }

  /// Producer: room left for pushes, exact or less than what there is.
  std::size_t free_slots() {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (capacity() - (tail - head_seen_) < capacity() / 2) {
      head_seen_ = head_.load(std::memory_order_acquire);
    }
    return capacity() - (tail - head_seen_);
  }

  /// Producer: the next slot to fill, or nullptr when the ring is full.
  T* begin_push() {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ > mask_) return nullptr;
    }
    return &slots_[tail & mask_];
  }
  void end_push() {
    tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  /// Consumer: the oldest element, or nullptr when the ring is empty.
  T* front() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return nullptr;
    }
    return &slots_[head & mask_];
  }
  void pop() {
    head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

 private:
  const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
  std::size_t tail_seen_ = 0;
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t head_seen_ = 0;
};

}  // namespace saker
