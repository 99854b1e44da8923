// What of a numbered stream has arrived: everything up to `contiguous`, and a bitmap of what came
// after a gap. The client's side of report, drop copy and feed numbering.
#pragma once

#include <array>
#include <cstdint>

#include "common/types.hpp"

namespace saker::proto {

class SequenceWindow {
 public:
  /// Numbers above contiguous + kSpan cannot be remembered.
  static constexpr std::uint64_t kSpan = 4096;
  enum class Arrival : std::uint8_t { kNew, kDuplicate, kTooFar };

  /// [from, to) of numbers; empty when from == to.
  struct Range {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    bool empty() const { return from == to; }
  };

  explicit SequenceWindow(std::uint64_t next = 1) { reset(next); }

  /// Starts over: everything below `next` counts as arrived.
  void reset(std::uint64_t next) {
    contiguous_ = next - 1;
    highest_ = contiguous_;
    seen_.fill(0);
  }

  /// Every number up to here has arrived: what to acknowledge.
  std::uint64_t contiguous() const { return contiguous_; }
  /// Highest number that is known to exist.
  std::uint64_t highest() const { return highest_; }
  bool has_gap() const { return highest_ > contiguous_; }

  /// Takes one number. kTooFar is remembered only as "exists": it has to be asked for.
  Arrival on_number(std::uint64_t number) {
    if (number <= contiguous_) return Arrival::kDuplicate;
    if (number > highest_) highest_ = number;
    if (number > contiguous_ + kSpan) return Arrival::kTooFar;
    std::uint64_t& word = seen_[word_of(number)];
    if (word & bit_of(number)) return Arrival::kDuplicate;
    word |= bit_of(number);
    advance();
    return Arrival::kNew;
  }

  /// Learns that numbers up to `number` exist (a heartbeat says so).
  void on_highest(std::uint64_t number) {
    if (number > highest_) highest_ = number;
  }

  /// The first gap, at most `limit` numbers of it.
  Range first_gap(std::uint64_t limit) const {
    if (!has_gap()) return {};
    const std::uint64_t from = contiguous_ + 1;
    std::uint64_t to = from + 1;
    while (to <= highest_ && to - from < limit && !has(to)) ++to;
    return {from, to};
  }

 private:
  static std::size_t word_of(std::uint64_t n) { return (n / 64) % (kSpan / 64); }
  static std::uint64_t bit_of(std::uint64_t n) { return std::uint64_t{1} << (n % 64); }
  bool has(std::uint64_t n) const {
    return n <= contiguous_ + kSpan && (seen_[word_of(n)] & bit_of(n));
  }
  void advance() {
    while (contiguous_ < highest_ && has(contiguous_ + 1)) {
      ++contiguous_;
      seen_[word_of(contiguous_)] &= ~bit_of(contiguous_);
    }
  }

  std::uint64_t contiguous_ = 0;
  std::uint64_t highest_ = 0;
  std::array<std::uint64_t, kSpan / 64> seen_{};
};

}  // namespace saker::proto
