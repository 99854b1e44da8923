// A hash index from non-zero 64-bit ids to 32-bit slots: open addressing, linear probing, removal
// by shifting back, so it never degrades with churn. Allocates only when it must grow.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "common/assert.hpp"

namespace saker::client {

class FlatIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// Has room for `expected` ids without growing.
  explicit FlatIndex(std::size_t expected = 64) {
    std::size_t buckets = 16;
    while (buckets < expected * 2) buckets *= 2;
    entries_.resize(buckets);
  }

  /// Slot of `id`, kNone when it is unknown.
  std::uint32_t find(std::uint64_t id) const {
    if (id == 0) return kNone;
    for (std::size_t i = home(id);; i = next(i)) {
      if (entries_[i].id == id) return entries_[i].slot;
      if (entries_[i].id == 0) return kNone;
    }
  }

  /// `id` must be non-zero and unknown.
  void insert(std::uint64_t id, std::uint32_t slot) {
    SAKER_ASSERT(id != 0);
    if ((size_ + 1) * 2 > entries_.size()) grow();
    std::size_t i = home(id);
    while (entries_[i].id != 0) {
      SAKER_ASSERT(entries_[i].id != id);
      i = next(i);
    }
    entries_[i] = {id, slot};
    ++size_;
  }

  /// Forgets `id`; false when it was unknown.
  bool erase(std::uint64_t id) {
    if (id == 0) return false;
    std::size_t hole = home(id);
    while (entries_[hole].id != id) {
      if (entries_[hole].id == 0) return false;
      hole = next(hole);
    }
    for (std::size_t i = next(hole); entries_[i].id != 0; i = next(i)) {
      const std::size_t distance_to_home = (i - home(entries_[i].id)) & (entries_.size() - 1);
      const std::size_t distance_to_hole = (i - hole) & (entries_.size() - 1);
      if (distance_to_home >= distance_to_hole) {
        entries_[hole] = entries_[i];
        hole = i;
      }
    }
    entries_[hole] = {};
    --size_;
    return true;
  }

  void clear() {
    for (Entry& entry : entries_) entry = {};
    size_ = 0;
  }
  std::size_t size() const { return size_; }

 private:
  struct Entry {
    std::uint64_t id = 0;
    std::uint32_t slot = kNone;
  };

  std::size_t home(std::uint64_t id) const {
    // Ids are mostly consecutive: a multiplication spreads them.
    return static_cast<std::size_t>((id * 0x9E3779B97F4A7C15ull) >> 32) & (entries_.size() - 1);
  }
  std::size_t next(std::size_t i) const { return (i + 1) & (entries_.size() - 1); }
  void grow() {
    std::vector<Entry> old(entries_.size() * 2);
    std::swap(old, entries_);
    size_ = 0;
    for (const Entry& entry : old) {
      if (entry.id != 0) insert(entry.id, entry.slot);
    }
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace saker::client
