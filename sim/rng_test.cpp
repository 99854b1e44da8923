#include "sim/rng.hpp"

#include <gtest/gtest.h>

#include <array>

namespace saker::sim {
namespace {

TEST(Rng, OneSeedOneStream) {
  Rng a(7), b(7), c(8);
  int differing = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t x = a.next();
    ASSERT_EQ(x, b.next());
    differing += x != c.next();
  }
  EXPECT_GT(differing, 990);
}

TEST(Rng, BelowReachesEveryValueEvenly) {
  Rng rng(1);
  std::array<int, 10> hits{};
  for (int i = 0; i < 100'000; ++i) ++hits[rng.below(10)];
  for (const int n : hits) EXPECT_NEAR(n, 10'000, 600);
}

TEST(Rng, BetweenIncludesBothEnds) {
  Rng rng(2);
  std::array<int, 3> hits{};
  for (int i = 0; i < 3000; ++i) ++hits[static_cast<std::size_t>(rng.between(-1, 1) + 1)];
  for (const int n : hits) EXPECT_GT(n, 800);
}

TEST(Rng, ChanceKeepsItsRate) {
  Rng rng(3);
  int yes = 0;
  for (int i = 0; i < 1'000'000; ++i) yes += rng.chance(10'000);
  EXPECT_NEAR(yes, 10'000, 600);
  EXPECT_FALSE(rng.chance(0));
  EXPECT_TRUE(rng.chance(1'000'000));
}

TEST(Rng, ForksAreIndependent) {
  Rng a(4);
  Rng first = a.fork(1), second = a.fork(1);
  EXPECT_NE(first.next(), second.next());
}

}  // namespace
}  // namespace saker::sim
