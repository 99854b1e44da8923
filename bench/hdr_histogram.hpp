// A high-dynamic-range histogram with three significant digits, laid out as the common
// HdrHistogram libraries lay theirs out, so that hdr_file.hpp can write what they read.
//
// Values are nanoseconds. Exact below 2,048; above, each power of two has 1,024 buckets. A fixed
// array without pointers: it may lie in memory that two processes share.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "common/types.hpp"

namespace saker::bench {

class HdrHistogram {
 public:
  static constexpr unsigned kSignificantDigits = 3;
  static constexpr std::uint64_t kHighest = (std::uint64_t{1} << 36) - 1;  // 68 s
  static constexpr unsigned kSubBuckets = 2048;
  static constexpr unsigned kBuckets = 26;
  static constexpr std::size_t kSize = (kBuckets + 1) * (kSubBuckets / 2);

  /// Counts one value; what is above kHighest counts as kHighest and in above().
  void record(std::uint64_t value_ns) {
    if (value_ns > kHighest) {
      value_ns = kHighest;
      ++above_;
    }
    ++counts_[index_of(value_ns)];
    ++count_;
    min_ = std::min(min_, value_ns);
    max_ = std::max(max_, value_ns);
  }
  void merge(const HdrHistogram& other) {
    for (std::size_t i = 0; i < kSize; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    above_ += other.above_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }
  void clear() {
    counts_.fill(0);
    count_ = above_ = max_ = 0;
    min_ = ~std::uint64_t{0};
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t above() const { return above_; }
  std::uint64_t min_ns() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max_ns() const { return max_; }

  /// Smallest value such that at least `percent` (0..100) of all are not above it, rounded up to
  /// the end of its bucket but not beyond the largest recorded; 0 when nothing is recorded.
  std::uint64_t percentile_ns(double percent) const {
    const std::uint64_t rank = rank_of(percent);
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < kSize && rank > 0; ++i) {
      passed += counts_[i];
      if (passed >= rank) return std::min(last_of(i), max_);
    }
    return max_;
  }
  /// How many values lie at or below the `percent` percentile by rank: at least 1 of many.
  std::uint64_t rank_of(double percent) const {
    const double exact = percent / 100.0 * static_cast<double>(count_);
    std::uint64_t rank = static_cast<std::uint64_t>(exact);
    if (static_cast<double>(rank) < exact || rank == 0) ++rank;
    return std::min(rank, count_);
  }

  std::uint64_t count_at(std::size_t index) const { return counts_[index]; }
  static std::size_t index_of(std::uint64_t value) {
    if (value < kSubBuckets) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 11;
    return (std::size_t{shift} << 10) + (value >> shift);
  }
  /// Smallest and largest value of a bucket.
  static std::uint64_t first_of(std::size_t index) {
    if (index < kSubBuckets) return index;
    const std::size_t shift = (index >> 10) - 1;
    return (index - (shift << 10)) << shift;
  }
  static std::uint64_t last_of(std::size_t index) {
    const std::size_t shift = index < kSubBuckets ? 0 : (index >> 10) - 1;
    return first_of(index) + (std::uint64_t{1} << shift) - 1;
  }

 private:
  std::array<std::uint64_t, kSize> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t above_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
};

}  // namespace saker::bench
