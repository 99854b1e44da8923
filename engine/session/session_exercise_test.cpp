// Any datagrams: seeded bytes on one engine that lives on, and the short form of the fuzzer.
#include <gtest/gtest.h>

#include "common/fuzz_corpus.hpp"
#include "engine/session/session_exercise.hpp"
#include "engine/session/session_fuzz.hpp"

namespace saker::engine::testing {
namespace {

const char* const kCorpus = SAKER_SOURCE_ROOT "/engine/session/session_fuzz_corpus";

TEST(SessionExerciseTest, AnyBytesAreSurvived) {
  SessionExercise exercise;
  std::uint64_t state = 1;
  std::array<std::byte, 512> bytes;
  for (int input = 0; input < 1'500; ++input) {
    for (std::byte& b : bytes) {
      state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
      b = static_cast<std::byte>(state >> 56);
    }
    exercise.run(bytes);
    if (input % 250 == 0) exercise.check();
  }
  exercise.check();
  const Metrics& metrics = exercise.world().engine->metrics();
  EXPECT_GT(metrics.client_commands, 500u);
  EXPECT_GT(metrics.rejects, 100u);
  EXPECT_GT(metrics.dropped(Drop::malformed), 10u);
  EXPECT_GT(metrics.dropped(Drop::bad_magic) + metrics.dropped(Drop::too_short), 50u);
}

struct Outcome {
  std::uint64_t chain_head;
  std::uint64_t received;
  std::uint64_t sent;
  TimeNs time_ns;
  bool operator==(const Outcome&) const = default;
};
Outcome outcome_of(SessionExercise& exercise, const FuzzBytes& input) {
  exercise.begin();
  exercise.run(std::as_bytes(std::span(input)));
  const World& world = exercise.world();
  const Metrics& metrics = world.engine->metrics();
  return {world.core->chain_head(), metrics.datagrams_received, metrics.datagrams_sent,
          world.clock.time_ns};
}

TEST(SessionExerciseTest, WhatAnInputDoesIsTheSameWhateverWasBefore) {
  const std::vector<FuzzBytes> inputs = read_corpus(kCorpus);
  SessionExercise exercise;
  std::vector<Outcome> outcomes;
  for (const FuzzBytes& input : inputs) outcomes.push_back(outcome_of(exercise, input));
  for (std::size_t i = inputs.size(); i-- > 0;) {
    EXPECT_EQ(outcome_of(exercise, inputs[i]), outcomes[i]) << i;
  }
  SessionExercise another;
  EXPECT_EQ(outcome_of(another, inputs.back()), outcomes.back());
}

TEST(SessionExerciseTest, Fuzz) { fuzz_briefly(fuzz_session, kCorpus, 100); }

}  // namespace
}  // namespace saker::engine::testing
