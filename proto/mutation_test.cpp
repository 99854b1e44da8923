// A short, repeatable form of the fuzzer: every sample datagram, changed in every way a network
// or an enemy can, goes through everything a receiver does. SAKER_FULL=1 runs the long form.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "common/fuzz_corpus.hpp"
#include "proto/exercise.hpp"
#include "proto/samples.hpp"

namespace saker::proto {
namespace {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ * 0x2545F4914F6CDD1D >> 11;
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

 private:
  std::uint64_t state_;
};

struct Tally {
  std::size_t fates[3] = {};
};

void run(std::vector<std::byte> datagram, Tally& tally) {
  // A block of its own and of this very size, so that a byte read too far is noticed.
  const auto block = std::make_unique<std::byte[]>(datagram.size());
  std::copy(datagram.begin(), datagram.end(), block.get());
  ++tally.fates[raw(exercise_datagram({block.get(), datagram.size()}))];
}

void mutate(std::vector<std::byte>& d, const std::vector<Sample>& all, Chance& chance) {
  constexpr std::uint32_t kWords[] = {0,          1,          4,          0x7F,      0xFF,
                                      0x7FFF,     0xFFFF,     0x10000,    0x7FFFFFFF, 0x80000000,
                                      0xFFFFFFFC, 0xFFFFFFFF, 0x00040006, 0x0C};
  // Behind the prefix there is more to break.
  const std::size_t floor = chance.below(4) == 0 || d.size() <= kPrefixBytes ? 0 : kPrefixBytes;
  if (d.size() <= floor) return d.push_back(std::byte{0});
  const std::size_t at = floor + chance.below(d.size() - floor);
  switch (chance.below(6)) {
    case 0: d[at] ^= static_cast<std::byte>(1u << chance.below(8)); break;
    case 1: d[at] = static_cast<std::byte>(chance.next()); break;
    case 2: {
      const std::uint32_t word = kWords[chance.below(std::size(kWords))];
      std::memcpy(&d[at], &word, std::min<std::size_t>(4, d.size() - at));
      break;
    }
    case 3: d.resize(at); break;
    case 4: d.resize(d.size() + chance.below(1'500)); break;
    case 5: {
      const Sample& other = all[chance.below(all.size())];
      for (std::size_t i = at; i < std::min(d.size(), other.size); ++i) d[i] = other.bytes[i];
      break;
    }
  }
}

TEST(Mutation, ChangedDatagramsAreRefusedOrDecodedNothingElse) {
  const auto samples = all_samples();
  const int rounds = std::getenv("SAKER_FULL") != nullptr ? 50'000 : 2'000;
  Tally tally;
  for (std::size_t s = 0; s < samples.size(); ++s) {
    Chance chance(s + 1);
    for (int round = 0; round < rounds; ++round) {
      std::vector<std::byte> datagram(samples[s].view().begin(), samples[s].view().end());
      const std::size_t changes = 1 + chance.below(4);
      for (std::size_t i = 0; i < changes; ++i) mutate(datagram, samples, chance);
      run(std::move(datagram), tally);
    }
  }
  for (const std::size_t fate : tally.fates) {
    EXPECT_GT(fate, static_cast<std::size_t>(rounds)) << "each fate is met often";
  }
}

TEST(Mutation, NoTruncationIsTakenForTheWhole) {
  for (const Sample& sample : all_samples()) {
    // What is cut off the end of a reply without lists is its table's room for them.
    const std::size_t least = sample.name == "QueryReply-empty" ? sample.size - 24 : sample.size;
    for (std::size_t size = 0; size < least; ++size) {
      Tally tally;
      run({sample.view().begin(), sample.view().begin() + static_cast<std::ptrdiff_t>(size)},
          tally);
      ASSERT_EQ(tally.fates[raw(Fate::kDecoded)], 0u) << sample.name << " cut to " << size;
    }
  }
}

TEST(Mutation, EveryWordOfEveryPayloadHead) {
  Tally tally;
  for (const Sample& sample : all_samples()) {
    for (std::size_t at = kPrefixBytes; at < std::min(sample.size, kPrefixBytes + 128); ++at) {
      for (unsigned value = 0; value < 256; value += 5) {
        std::vector<std::byte> datagram(sample.view().begin(), sample.view().end());
        datagram[at] = static_cast<std::byte>(value);
        run(std::move(datagram), tally);
      }
    }
  }
  EXPECT_GT(tally.fates[raw(Fate::kRefusedPayload)], 10'000u);
}

TEST(Mutation, WhatTheFuzzerKept) {
  Tally tally;
  const auto take = [&tally](const std::uint8_t* data, std::size_t size) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(data);
    run(std::vector<std::byte>(bytes, bytes + size), tally);
  };
  fuzz_briefly(take, SAKER_PROTO_FOLDER "/datagram_fuzz_corpus", 0);
  EXPECT_GT(tally.fates[raw(Fate::kDecoded)], 40u);  // a sample of every kind is among them
}

}  // namespace
}  // namespace saker::proto
