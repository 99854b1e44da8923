// One producer, one consumer, no locks: records in a ring of bytes between the hot thread and
// the log writer. Records lie in it as they will lie in the log (header, payload, zeros up to a
// multiple of 8), only without checksums, which are the writer's work. A record never wraps: one
// that does not fit before the end leaves a word of zeros there ("skip") and starts at the front.
#pragma once

#include <atomic>
#include <cstring>

#include "common/assert.hpp"
#include "common/fixed_array.hpp"
#include "journal/record.hpp"

namespace saker::journal {

class RecordRing {
 public:
  /// `capacity` in bytes: a power of two, at least four of the largest records. All of it is
  /// touched here, so that no page is faulted in later.
  explicit RecordRing(std::size_t capacity)
      : mask_(capacity - 1), bytes_(capacity) {
    SAKER_ASSERT((capacity & mask_) == 0 && capacity >= 4 * record_bytes(8));
  }

  std::size_t capacity() const { return mask_ + 1; }
  /// What the memory is on, for the start-up log.
  const char* memory_note() const { return bytes_.note(); }

  /// Producer: true when a record of `payload_bytes` finds room now, wherever the ring's end is.
  bool has_room(std::size_t payload_bytes) {
    // A record that meets the end wastes less than its own size there.
    return has_free(2 * record_bytes(payload_bytes));
  }
  /// Producer: true when `count` such records find room one after the other.
  bool has_room(std::size_t payload_bytes, std::size_t count) {
    return has_free((count + 1) * record_bytes(payload_bytes));
  }

  /// Producer: copies a record in; there must be room (has_room). header.length is the sum of
  /// the two pieces, either of which may be empty.
  void push(const RecordHeader& header, Bytes first, Bytes second) {
    const std::size_t size = record_bytes(header.length);
    std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    std::size_t at = tail & mask_;
    if (capacity() - at < size) {
      std::memset(&bytes_[at], 0, sizeof(header.magic));
      tail += capacity() - at;
      at = 0;
    }
    SAKER_ASSERT(tail + size - head_seen_ <= capacity());
    std::byte* to = &bytes_[at];
    // The last word first: what the payload does not fill of it stays zero, as padding must.
    std::memset(to + size - 8, 0, 8);
    std::memcpy(to, &header, sizeof(header));
    to += sizeof(header);
    if (!first.empty()) std::memcpy(to, first.data(), first.size());
    if (!second.empty()) std::memcpy(to + first.size(), second.data(), second.size());
    tail_.store(tail + size, std::memory_order_release);
    // The ring is larger than the caches: what the next record will lie in is on its way by then.
    for (std::size_t line = 0; line < 4; ++line) {
      __builtin_prefetch(&bytes_[(tail + size + line * kCacheLine) & mask_], 1);
    }
  }

  /// Consumer: the oldest record with its padding, or an empty span. Stays valid until pop().
  std::span<std::byte> front() {
    std::uint64_t head = head_.load(std::memory_order_relaxed) + taken_;
    if (!reach(head)) return {};
    std::uint32_t magic;
    std::memcpy(&magic, &bytes_[head & mask_], sizeof(magic));
    if (magic == 0) {
      taken_ += capacity() - (head & mask_);
      head += capacity() - (head & mask_);
      if (!reach(head)) return {};
    }
    RecordHeader header;
    std::memcpy(&header, &bytes_[head & mask_], sizeof(header));
    return {&bytes_[head & mask_], record_bytes(header.length)};
  }
  /// Consumer: moves past the record that front() gave. The producer sees the room only after
  /// release(), so that a whole batch costs one exchange of the cache line.
  void pop(std::size_t size) { taken_ += size; }
  void release() {
    head_.store(head_.load(std::memory_order_relaxed) + taken_, std::memory_order_release);
    taken_ = 0;
  }
  /// Consumer: true when nothing is waiting.
  bool empty() {
    return tail_.load(std::memory_order_acquire) ==
           head_.load(std::memory_order_relaxed) + taken_;
  }

 private:
  bool has_free(std::size_t need) {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (capacity() - (tail - head_seen_) >= need) return true;
    head_seen_ = head_.load(std::memory_order_acquire);
    return capacity() - (tail - head_seen_) >= need;
  }
  bool reach(std::uint64_t head) {
    if (head != tail_seen_) return true;
    tail_seen_ = tail_.load(std::memory_order_acquire);
    return head != tail_seen_;
  }

  const std::size_t mask_;
  FixedArray<std::byte> bytes_;
  alignas(kCacheLine) std::atomic<std::uint64_t> head_{0};
  std::uint64_t taken_ = 0;
  std::uint64_t tail_seen_ = 0;
  alignas(kCacheLine) std::atomic<std::uint64_t> tail_{0};
  std::uint64_t head_seen_ = 0;
};

}  // namespace saker::journal
