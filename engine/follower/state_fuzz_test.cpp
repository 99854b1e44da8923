// Short deterministic runs of the fuzzers; with SAKER_FULL=1 long ones.
#include "engine/follower/state_fuzz.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "common/fuzz_corpus.hpp"

namespace saker::follower {
namespace {

TEST(StateFuzz, TheSoundStateIsTaken) {
  const std::uint8_t none[] = {1};
  EXPECT_TRUE(fuzz_state(none, sizeof(none)));
}

TEST(StateFuzz, ChangedBytesAreRefusedOrHarmless) {
  const int runs = std::getenv("SAKER_FULL") != nullptr ? 20'000 : 400;
  std::mt19937 random(11);
  int taken = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<std::uint8_t> data = {1};
    for (std::uint32_t patches = 1 + random() % 3; patches > 0; --patches) {
      for (int i = 0; i < 3; ++i) data.push_back(static_cast<std::uint8_t>(random()));
      const bool one_bit = random() % 2 == 0;
      data.push_back(static_cast<std::uint8_t>(one_bit ? 1u << random() % 8 : random()));
    }
    taken += fuzz_state(data.data(), data.size()) ? 1 : 0;
  }
  // Names and free numbers may change without harm; most of the rest must be noticed.
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, runs);
}

TEST(StateFuzz, AnyBytesAndAnyLength) {
  std::mt19937 random(12);
  for (int run = 0; run < 2000; ++run) {
    std::vector<std::uint8_t> data(1 + random() % 300);
    for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(random());
    data[0] &= 0xFE;
    EXPECT_FALSE(fuzz_state(data.data(), data.size()));
  }
}

TEST(StateFuzz, WhatTheFuzzerKept) {
  fuzz_briefly(fuzz_state, SAKER_SOURCE_ROOT "/engine/follower/state_fuzz_corpus", 0);
}

TEST(QueryFuzz, Briefly) {
  fuzz_briefly(fuzz_query, SAKER_SOURCE_ROOT "/engine/follower/query_fuzz_corpus", 300);
}

}  // namespace
}  // namespace saker::follower
