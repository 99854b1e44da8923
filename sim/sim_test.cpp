// The standard stories: every one must end without a violation, and together they must have met
// every fault and every situation, or the simulator tests less than it says.
#include <gtest/gtest.h>

#include <cstdlib>

#include "sim/world.hpp"

namespace saker::sim {
namespace {

// Ten million steps; with sanitizers, which are many times slower, as many as meet everything.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSeeds = 48;
#else
constexpr std::uint64_t kSeeds = 340;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

void tell(std::uint64_t seed, std::uint64_t steps, Coverage& coverage) {
  std::printf("seed %llu\n", ull(seed));  // an assertion of the code itself ends the process
  std::fflush(stdout);
  World world({seed, steps, false}, coverage);
  if (world.run()) return;
  for (const std::string& line : world.last_events()) std::printf("  %s\n", line.c_str());
  FAIL() << "saker-sim --seed " << seed << " --steps " << steps << " finds at step "
         << world.step() << ": " << world.verdict().check() << ": " << world.verdict().text();
}

TEST(Sim, StandardStoriesAreCleanAndMeetEverything) {
  Coverage coverage;
  const std::uint64_t seeds = from_environment("SAKER_SIM_SEEDS", kSeeds);
  const std::uint64_t steps = from_environment("SAKER_SIM_STEPS", 20'000);
  for (std::uint64_t seed = 1; seed <= seeds && !HasFatalFailure(); ++seed) {
    tell(seed, steps, coverage);
  }
  coverage.print(stdout);
  for (std::size_t i = 0; i < kCounts; ++i) {
    EXPECT_GT(coverage.get(static_cast<Count>(i)), 0u)
        << name_of(static_cast<Count>(i)) << " never happened";
  }
}

/// What a first start has shown must be in the log when the next one goes on in its epoch.
TEST(Sim, KilledFirstStartsUnderPolicyMemory) {
  Coverage coverage;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world({seed, 300, false, true}, coverage);
    EXPECT_TRUE(world.run()) << "seed " << seed << ": " << world.verdict().check() << ": "
                             << world.verdict().text();
  }
  EXPECT_GT(coverage.get(Count::first_start_resumed), 10u);
}

TEST(Sim, OneSeedOneStory) {
  for (const std::uint64_t seed : {3u, 5u}) {
    Coverage first_coverage, second_coverage;
    World first({seed, 5'000, false}, first_coverage);
    World second({seed, 5'000, false}, second_coverage);
    ASSERT_TRUE(first.run());
    ASSERT_TRUE(second.run());
    EXPECT_EQ(first.summary(), second.summary());
    EXPECT_EQ(first.chain_head(), second.chain_head());
    EXPECT_NE(first.chain_head(), 0u);
    for (std::size_t i = 0; i < kCounts; ++i) {
      EXPECT_EQ(first_coverage.get(static_cast<Count>(i)),
                second_coverage.get(static_cast<Count>(i)))
          << name_of(static_cast<Count>(i));
    }
  }
}

}  // namespace
}  // namespace saker::sim
