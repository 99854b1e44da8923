// The core against the naive model. Quick: every profile with a few seeds. SAKER_FULL=1: 10^7
// commands, 10^6 where sanitizers or -O0 make them slow. SAKER_SEED=n starts at that seed;
// SAKER_SEEDS, SAKER_COMMANDS say how much. Where planted bugs are compiled in, SAKER_PLANT=name
// switches one on: then this test must fail.
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "common/plants.hpp"
#include "sim/differential.hpp"

namespace saker::sim {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

#ifdef SAKER_PLANTS
const bool plant_is_active = [] {
  const char* wanted = std::getenv("SAKER_PLANT");
  if (wanted == nullptr) return false;
#define SAKER_MATCH(name, file, breaks) \
  if (std::string_view(wanted) == #name) plants::active = plants::Plant::name;
  SAKER_PLANT_TABLE(SAKER_MATCH)
#undef SAKER_MATCH
  SAKER_ASSERT(plants::active != plants::Plant::none);
  return true;
}();
#endif

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
constexpr std::uint64_t kFullSeeds = 2;
#elif defined(__has_feature)
constexpr std::uint64_t kFullSeeds = __has_feature(address_sanitizer) ? 2 : 16;
#else
constexpr std::uint64_t kFullSeeds = 16;
#endif

class CoreDifferential : public testing::Test {
 protected:
  void agree(std::string_view profile) {
    const bool full = number_from("SAKER_FULL", 0) != 0;
    const std::uint64_t first_seed = number_from("SAKER_SEED", 1);
    const std::uint64_t seeds = number_from("SAKER_SEEDS", full ? kFullSeeds : 3);
    DifferentialOptions options;
    options.commands = number_from("SAKER_COMMANDS", full ? 70'000 : 8'000);
    options.drain_every = full ? 20'000 : 8'000;
    options.copy_every = full ? 10'000 : 1'500;
    for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
      // Rules 1 to the end, rules 2 throughout, and from 1 to 2 on the way.
      GeneratorConfig config = generator_profile(profile, seed);
      config.rule_version = seed % 3 == 2 ? 2 : 1;
      config.changes_rules = seed % 3 != 1;
      Differential differential(config, options);
      const auto difference = differential.run();
      ASSERT_FALSE(difference.has_value()) << *difference;
      sweep_steps_ += differential.sweep_steps();
      job_steps_ += differential.job_steps();
      most_open_orders_ = std::max(most_open_orders_, differential.most_open_orders());
      for (std::size_t i = 0; i < reasons_.size(); ++i) reasons_[i] += differential.reasons()[i];
      for (std::size_t i = 0; i < kinds_.size(); ++i) kinds_[i] += differential.kinds()[i];
      for (std::size_t i = 0; i < commands_.size(); ++i) {
        commands_[i] += differential.commands_by_kind()[i];
      }
    }
    profiles_.insert(std::string(profile));
  }

  static inline std::array<std::uint64_t, 256> reasons_{};
  static inline std::uint64_t sweep_steps_ = 0;
  static inline std::uint64_t job_steps_ = 0;
  static inline std::uint64_t most_open_orders_ = 0;
  static inline std::array<std::uint64_t, 16> kinds_{};
  static inline std::array<std::uint64_t, 96> commands_{};
  static inline std::set<std::string> profiles_;
};

TEST_F(CoreDifferential, Balanced) { agree("balanced"); }
TEST_F(CoreDifferential, Deep) { agree("deep"); }
TEST_F(CoreDifferential, Sweeps) { agree("sweeps"); }
TEST_F(CoreDifferential, Hostile) { agree("hostile"); }
TEST_F(CoreDifferential, Jobs) { agree("jobs"); }
TEST_F(CoreDifferential, Money) { agree("money"); }
TEST_F(CoreDifferential, Extreme) { agree("extreme"); }
TEST_F(CoreDifferential, Tight) { agree("tight"); }
TEST_F(CoreDifferential, Plain) { agree("plain"); }

/// Agreement about what never happens says little. Each kind of report must have come up, and
/// each reason but those that no command of the core's is given.
TEST_F(CoreDifferential, WhatCameUp) {
  if (profiles_.size() != generator_profiles().size()) {
    std::printf("only some profiles ran: nothing to say about coverage\n");
    return;
  }
  for (const proto::ReportKind kind : proto::EnumValuesReportKind()) {
    if (kind == proto::ReportKind::None) continue;
    EXPECT_GT(kinds_[static_cast<std::size_t>(kind)], 0u) << proto::EnumNameReportKind(kind);
  }
  for (const proto::CommandKind kind : proto::EnumValuesCommandKind()) {
    if (kind == proto::CommandKind::None || kind == proto::CommandKind::ActivateRules) continue;
    EXPECT_GT(commands_[static_cast<std::size_t>(kind)], 0u) << proto::EnumNameCommandKind(kind);
  }
  const auto show = [](std::uint64_t times, const char* what) {
    std::printf("%10llu %s\n", static_cast<unsigned long long>(times), what);
  };
  show(sweep_steps_, "steps of sweeps");
  show(job_steps_, "steps of other jobs");
  show(most_open_orders_, "open orders at most");
  EXPECT_GT(sweep_steps_, 0u);
  EXPECT_GT(job_steps_, 0u);
  using proto::Reason;
  const std::set<Reason> elsewhere = {
      Reason::BUSY_OUTPUT_FULL,      Reason::BUSY_LOG_FULL,        Reason::BUSY_DISK_FULL,
      Reason::BUSY_RATE,             Reason::BUSY_WINDOW_EXCEEDED, Reason::SKIPPED_NEVER_APPLIED,
      Reason::OUTCOME_EXPIRED,       Reason::UNKNOWN_COMMAND,      Reason::ADMIN_ALREADY_EXISTS,
      Reason::LOGON_VERSION_UNSUPPORTED, Reason::LOGON_BAD_CONFIRM, Reason::LOGON_DISABLED};
  for (const Reason reason : proto::EnumValuesReason()) {
    if (elsewhere.count(reason) != 0) continue;
    const std::uint64_t times = reasons_[static_cast<std::size_t>(reason)];
    show(times, proto::EnumNameReason(reason));
    EXPECT_GT(times, 0u) << proto::EnumNameReason(reason);
  }
}

}  // namespace
}  // namespace saker::sim
