// The core against the naive model. Quick: every profile with a few seeds. SAKER_FULL=1: 10^7
// commands. SAKER_SEED=n starts at that seed, SAKER_PROFILE=name runs one profile.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "sim/differential.hpp"

namespace saker::sim {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class CoreDifferential : public testing::TestWithParam<std::string_view> {};

TEST_P(CoreDifferential, AgreesWithTheNaiveModel) {
  const char* only = std::getenv("SAKER_PROFILE");
  if (only != nullptr && GetParam() != only) return;
  const bool full = number_from("SAKER_FULL", 0) != 0;
  const std::uint64_t first_seed = number_from("SAKER_SEED", 1);
  const std::uint64_t seeds = number_from("SAKER_SEEDS", full ? 16 : 3);
  DifferentialOptions options;
  options.commands = number_from("SAKER_COMMANDS", full ? 70'000 : 8'000);
  options.drain_every = full ? 20'000 : 4'000;
  options.copy_every = full ? 10'000 : 1'500;
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
    Differential differential(generator_profile(GetParam(), seed), options);
    const auto difference = differential.run();
    ASSERT_FALSE(difference.has_value()) << *difference;
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, CoreDifferential, testing::ValuesIn(generator_profiles()),
                         [](const auto& param) { return std::string(param.param); });

}  // namespace
}  // namespace saker::sim
