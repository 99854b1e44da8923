// Where the hot thread's time goes: every round is measured from the end of the one before, so
// that no stall, whoever caused it (the code, the kernel, the host), is between two measurements.
#pragma once

#include "engine/metrics.hpp"

namespace saker::engine {

class DutyCycle {
 public:
  explicit DutyCycle(Metrics& metrics) : metrics_(metrics) {}

  /// One round has ended at `end_ns`. A clock that steps back makes it a round of no length.
  void round(TimeNs begin_ns, TimeNs end_ns, bool busy) {
    const std::uint64_t took_ns = end_ns > begin_ns ? end_ns - begin_ns : 0;
    ++metrics_.loop_rounds;
    if (busy) {
      ++metrics_.loop_busy_rounds;
      metrics_.loop_busy_ns += took_ns;
      if (metrics_.answers_at_once != 0) {
        metrics_.answer_rounds.record(took_ns, metrics_.answers_at_once);
      }
    }
    if (took_ns > longest_lately_ns_) note_long(took_ns);
    if (took_ns > 10'000) [[unlikely]] count_slow(took_ns);
  }

  std::uint64_t longest_ns() const { return longest_ns_; }
  /// Since the last call.
  std::uint64_t take_longest_lately_ns() {
    const std::uint64_t longest_ns = longest_lately_ns_;
    longest_lately_ns_ = 0;
    return longest_ns;
  }

 private:
  void note_long(std::uint64_t took_ns) {
    longest_lately_ns_ = took_ns;
    if (took_ns > longest_ns_) longest_ns_ = took_ns;
  }
  void count_slow(std::uint64_t took_ns) {
    ++metrics_.loop_over_10us;
    if (took_ns > 100'000) ++metrics_.loop_over_100us;
    if (took_ns > 1'000'000) ++metrics_.loop_over_1ms;
  }

  Metrics& metrics_;
  std::uint64_t longest_ns_ = 0;
  std::uint64_t longest_lately_ns_ = 0;
};

}  // namespace saker::engine
