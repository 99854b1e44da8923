// Counts of durations in buckets that grow with the value, in memory that never grows. Recording is
// an index and an increment. Without pointers: it may lie in memory that two processes share.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "common/types.hpp"

namespace saker {

/// Exact below 2^(kFineBits + 1) ns; above, each power of two has 2^kFineBits buckets. Values from
/// 2^kValueBits ns on count as the largest below, and in above().
template <unsigned kFineBits, unsigned kValueBits>
class DurationHistogram {
 public:
  static constexpr std::uint64_t kLargest = (std::uint64_t{1} << kValueBits) - 1;
  static constexpr std::size_t kBuckets = std::size_t{kValueBits - kFineBits + 1} << kFineBits;

  /// Counts `value_ns` `times` times.
  void record(std::uint64_t value_ns, std::uint64_t times = 1) {
    if (value_ns > kLargest) [[unlikely]] {
      value_ns = kLargest;
      above_ += times;
    }
    buckets_[bucket_of(value_ns)] += times;
    count_ += times;
    sum_ += value_ns * times;
    min_ = std::min(min_, value_ns);
    max_ = std::max(max_, value_ns);
  }

  void merge(const DurationHistogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    above_ += other.above_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }
  void clear() {
    buckets_.fill(0);
    count_ = above_ = sum_ = max_ = 0;
    min_ = ~std::uint64_t{0};
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t above() const { return above_; }
  std::uint64_t min_ns() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max_ns() const { return max_; }
  std::uint64_t mean_ns() const { return count_ == 0 ? 0 : sum_ / count_; }

  /// Smallest value such that at least `percent` (0..100) of all recorded ones are not above it,
  /// rounded up to the end of its bucket but not beyond the largest recorded; 0 when nothing is
  /// recorded.
  std::uint64_t percentile_ns(double percent) const {
    const std::uint64_t rank = rank_of(percent);
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < kBuckets && rank > 0; ++i) {
      passed += buckets_[i];
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

  std::uint64_t count_at(std::size_t bucket) const { return buckets_[bucket]; }
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kExact) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kFineBits - 1;
    return (std::size_t{shift} << kFineBits) + (value >> shift);
  }
  /// Smallest and largest value of a bucket.
  static std::uint64_t first_of(std::size_t bucket) {
    const std::size_t shift = shift_of(bucket);
    return (bucket - (shift << kFineBits)) << shift;
  }
  static std::uint64_t last_of(std::size_t bucket) {
    return first_of(bucket) + (std::uint64_t{1} << shift_of(bucket)) - 1;
  }

 private:
  static constexpr std::size_t kExact = std::size_t{2} << kFineBits;

  static std::size_t shift_of(std::size_t bucket) {
    return bucket < kExact ? 0 : (bucket >> kFineBits) - 1;
  }

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t above_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
};

/// Exact below 256 ns, within 0.8 % above, up to 2^40 ns (18 minutes), in 34 KiB.
using LatencyHistogram = DurationHistogram<7, 40>;

}  // namespace saker
