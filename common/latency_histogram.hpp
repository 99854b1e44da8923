// Counts of durations in buckets that grow with the value: exact below 256 ns, within 0.8 % above,
// up to 2^40 ns (18 minutes), in 34 KiB that never grow. Recording is an index and an increment.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "common/types.hpp"

namespace saker {

class LatencyHistogram {
 public:
  static constexpr std::uint64_t kLargest = (std::uint64_t{1} << 40) - 1;

  /// Counts `value_ns` `times` times; values above kLargest count as kLargest.
  void record(std::uint64_t value_ns, std::uint64_t times = 1) {
    value_ns = std::min(value_ns, kLargest);
    buckets_[bucket_of(value_ns)] += times;
    count_ += times;
    sum_ += value_ns * times;
    min_ = std::min(min_, value_ns);
    max_ = std::max(max_, value_ns);
  }

  void merge(const LatencyHistogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }
  void clear() { *this = LatencyHistogram(); }

  std::uint64_t count() const { return count_; }
  std::uint64_t min_ns() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max_ns() const { return max_; }
  std::uint64_t mean_ns() const { return count_ == 0 ? 0 : sum_ / count_; }

  /// Smallest value such that at least `percent` (0..100) of all recorded ones are not above it,
  /// rounded up to the end of its bucket; 0 when nothing is recorded.
  std::uint64_t percentile_ns(double percent) const {
    if (count_ == 0) return 0;
    const double exact = percent / 100.0 * static_cast<double>(count_);
    std::uint64_t rank = static_cast<std::uint64_t>(exact);
    if (static_cast<double>(rank) < exact || rank == 0) ++rank;
    rank = std::min(rank, count_);
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      passed += buckets_[i];
      if (passed >= rank) return std::min(last_of(i), max_);
    }
    return max_;
  }

 private:
  // Below 2^8 a bucket per value; above, each power of two has 2^7 buckets.
  static constexpr unsigned kFineBits = 7;
  static constexpr std::size_t kLinear = std::size_t{2} << kFineBits;
  static constexpr std::size_t kBuckets = kLinear + (40 - kFineBits - 1) * (kLinear / 2);

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kLinear) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kFineBits - 1;
    return kLinear + (shift - 1) * (kLinear / 2) + ((value >> shift) - kLinear / 2);
  }
  static std::uint64_t last_of(std::size_t bucket) {
    if (bucket < kLinear) return bucket;
    const std::size_t shift = (bucket - kLinear) / (kLinear / 2) + 1;
    const std::uint64_t fine = (bucket - kLinear) % (kLinear / 2) + kLinear / 2;
    return ((fine + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = ~std::uint64_t{0};
  std::uint64_t max_ = 0;
};

}  // namespace saker
