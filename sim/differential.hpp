// The core and the naive model on the same commands, compared byte for byte after each, with the
// expensive checks every so often. The first difference is told so that a person can find it.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/core.hpp"
#include "sim/command_generator.hpp"
#include "sim/naive/naive_exchange.hpp"

namespace saker::sim {

struct DifferentialOptions {
  std::uint64_t commands = 10'000;
  std::uint64_t check_every = 1'000;    // books, balances, sums, sequence verdicts
  std::uint64_t copy_every = 4'000;     // encode, decode, go on with the copy
  std::uint64_t drain_every = 20'000;   // empty the books: no holds are left
};

class Differential {
 public:
  Differential(const GeneratorConfig& config, const DifferentialOptions& options);

  /// The first difference or broken rule, with seed and the commands before it; none: agreement.
  std::optional<std::string> run();

  std::uint64_t commands() const { return commands_; }
  std::uint64_t chain_head() const { return core_->chain_head(); }
  /// Reports seen, by reason; and by kind.
  const std::array<std::uint64_t, 256>& reasons() const { return reasons_; }
  const std::array<std::uint64_t, 16>& kinds() const { return kinds_; }
  /// Commands that went on with a sweep; that went on with another job.
  std::uint64_t sweep_steps() const { return sweep_steps_; }
  std::uint64_t job_steps() const { return job_steps_; }
  std::uint64_t most_open_orders() const { return most_open_orders_; }
  /// Commands made, by kind number.
  const std::array<std::uint64_t, 96>& commands_by_kind() const { return generator_.counts(); }

 private:
  bool step();
  void compare_events(const naive::Events& expected);
  void compare_progress(const naive::Events& expected);
  void count();
  void full_check();
  void check_balances();
  void check_books();
  void check_open_orders();
  void check_sequences();
  void check_drained();
  void continue_with_copy();
  std::string story(const naive::Events* expected) const;
  void differ(std::string what) {
    if (!difference_) difference_ = std::move(what);
  }

  const GeneratorConfig config_;
  const DifferentialOptions options_;
  CommandGenerator generator_;
  Rng rng_;
  std::unique_ptr<core::Core> core_;
  naive::NaiveExchange naive_;
  core::Output out_;
  std::uint64_t commands_ = 0;
  std::deque<std::string> history_;
  std::vector<Int128> outside_;  // per asset, what deposits less withdrawals brought in
  std::uint64_t sweep_steps_ = 0;
  std::uint64_t job_steps_ = 0;
  std::uint64_t most_open_orders_ = 0;
  std::array<std::uint64_t, 256> reasons_{};
  std::array<std::uint64_t, 16> kinds_{};
  std::optional<std::string> difference_;
};

}  // namespace saker::sim
