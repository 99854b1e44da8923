// The simulator's only source of chance: one 64-bit seed gives one story. xoshiro256** seeded by
// splitmix64; the standard distributions are avoided because libraries differ in them.
#pragma once

#include <cstdint>

#include "common/assert.hpp"

namespace saker::sim {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = mix(seed += 0x9E3779B97F4A7C15u);
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// 0 .. n-1; n > 0.
  std::uint64_t below(std::uint64_t n) {
    SAKER_ASSERT(n > 0);
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * n) >> 64);
  }
  /// low .. high, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  /// True in `ppm` of a million cases.
  bool chance(std::uint64_t ppm) { return ppm != 0 && below(1'000'000) < ppm; }

  /// A stream of its own for one part of the world, so that one part drawing more numbers does
  /// not change what the others see.
  Rng fork(std::uint64_t label) { return Rng(next() ^ mix(label)); }

 private:
  static std::uint64_t rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_[4];
};

}  // namespace saker::sim
