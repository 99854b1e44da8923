// SipHash-2-4-128 of datagrams whose tag field counts as zero: one, or four at once.
//
// One hash is a chain of dependent additions, in which a processor idles; four beside each other
// in vector registers cost little more than one. Written out here because the library's cannot be
// interleaved; the tests hold it to the library's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "proto/frame.hpp"

namespace saker::proto::siphash {

inline constexpr std::size_t kTagAt = offsetof(Prefix, tag);
static_assert(sizeof(Tag) == 16 && kTagAt % 8 == 0);
inline constexpr std::size_t kLanes = 4;

/// One datagram with its prefix, the 16 bytes of its key, and the tag it should have.
struct Job {
  Bytes datagram;
  const std::uint8_t* key = nullptr;
  Tag tag{};
};

typedef std::uint64_t Lanes __attribute__((vector_size(32)));

#define SAKER_INLINE inline __attribute__((always_inline))

SAKER_INLINE std::uint64_t load64(const void* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// `Word` is std::uint64_t or Lanes.
template <class Word>
struct State {
  Word v0, v1, v2, v3;

  SAKER_INLINE void start(const Word& key0, const Word& key1) {
    v0 = key0 ^ 0x736F6D6570736575;
    v1 = key1 ^ (0x646F72616E646F6D ^ 0xEE);
    v2 = key0 ^ 0x6C7967656E657261;
    v3 = key1 ^ 0x7465646279746573;
  }
  SAKER_INLINE void round() {
    v0 += v1;
    v2 += v3;
    v1 = (v1 << 13 | v1 >> 51) ^ v0;
    v3 = (v3 << 16 | v3 >> 48) ^ v2;
    v0 = v0 << 32 | v0 >> 32;
    v2 += v1;
    v0 += v3;
    v1 = (v1 << 17 | v1 >> 47) ^ v2;
    v3 = (v3 << 21 | v3 >> 43) ^ v0;
    v2 = v2 << 32 | v2 >> 32;
  }
  SAKER_INLINE void add(const Word& word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  /// All words of a datagram up to `end` bytes, as `load(at, word)` gives them. Not unrolled: the
  /// code is often cold.
  template <class Load>
  SAKER_INLINE void add_words(std::size_t end, Load&& load) {
#pragma GCC unroll 1
    for (std::size_t at = 0; at < end; at += 8) {
      if (at != kTagAt) {
        Word word;
        load(at, word);
        add(word);
        continue;
      }
      four_rounds();  // of two words of zero
      at += 8;
    }
  }
  SAKER_INLINE void finish(Word& low, Word& high) {
    v2 ^= 0xEE;
    four_rounds();
    low = v0 ^ v1 ^ v2 ^ v3;
    v1 ^= 0xDD;
    four_rounds();
    high = v0 ^ v1 ^ v2 ^ v3;
  }

 private:
  SAKER_INLINE void four_rounds() {
#pragma GCC unroll 1
    for (int i = 0; i < 4; ++i) round();
  }
};

/// The bytes behind the last whole word, and the length.
SAKER_INLINE std::uint64_t last_word(Bytes bytes) {
  const unsigned left = bytes.size() % 8;
  const std::uint64_t word =
      left == 0 ? 0 : load64(bytes.data() + bytes.size() - 8) >> (64 - 8 * left);
  return word | bytes.size() << 56;
}

inline Tag one(Bytes datagram, const std::uint8_t* key) {
  State<std::uint64_t> state;
  state.start(load64(key), load64(key + 8));
  const std::byte* at = datagram.data();
  state.add_words(datagram.size() & ~std::size_t{7},
                  [at](std::size_t i, std::uint64_t& word) { word = load64(at + i); });
  state.add(last_word(datagram));
  std::uint64_t words[2];
  state.finish(words[0], words[1]);
  Tag tag;
  std::memcpy(tag.data(), words, sizeof words);
  return tag;
}

/// Adds word `i` where there is one, and the last word where that is it; what has ended stays.
SAKER_INLINE void add_where_left(State<Lanes>& state, const Job* jobs, std::size_t i) {
  alignas(32) std::uint64_t words[kLanes], left[kLanes];
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Bytes bytes = jobs[lane].datagram;
    const std::size_t whole = bytes.size() & ~std::size_t{7};
    left[lane] = i <= whole ? ~std::uint64_t{0} : 0;
    words[lane] = i < whole ? load64(bytes.data() + i) : last_word(bytes);
  }
  const Lanes active{left[0], left[1], left[2], left[3]};
  const State<Lanes> before = state;
  state.add(Lanes{words[0], words[1], words[2], words[3]});
  state.v0 = (state.v0 & active) | (before.v0 & ~active);
  state.v1 = (state.v1 & active) | (before.v1 & ~active);
  state.v2 = (state.v2 & active) | (before.v2 & ~active);
  state.v3 = (state.v3 & active) | (before.v3 & ~active);
}

/// kLanes jobs.
SAKER_INLINE void four_body(Job* jobs) {
  const std::byte* const at[kLanes] = {jobs[0].datagram.data(), jobs[1].datagram.data(),
                                       jobs[2].datagram.data(), jobs[3].datagram.data()};
  std::size_t shortest = jobs[0].datagram.size();
  std::size_t longest = shortest;
  for (std::size_t lane = 1; lane < kLanes; ++lane) {
    shortest = std::min(shortest, jobs[lane].datagram.size());
    longest = std::max(longest, jobs[lane].datagram.size());
  }
  State<Lanes> state;
  state.start(Lanes{load64(jobs[0].key), load64(jobs[1].key), load64(jobs[2].key),
                    load64(jobs[3].key)},
              Lanes{load64(jobs[0].key + 8), load64(jobs[1].key + 8), load64(jobs[2].key + 8),
                    load64(jobs[3].key + 8)});
  const std::size_t whole = shortest & ~std::size_t{7};
  state.add_words(whole, [&at](std::size_t i, Lanes& word) __attribute__((always_inline)) {
    word = Lanes{load64(at[0] + i), load64(at[1] + i), load64(at[2] + i), load64(at[3] + i)};
  });
  if (shortest == longest) {
    state.add(Lanes{last_word(jobs[0].datagram), last_word(jobs[1].datagram),
                    last_word(jobs[2].datagram), last_word(jobs[3].datagram)});
  } else {
#pragma GCC unroll 1
    for (std::size_t i = whole; i <= longest; i += 8) add_where_left(state, jobs, i);
  }
  Lanes low, high;
  state.finish(low, high);
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::uint64_t words[2] = {low[lane], high[lane]};
    std::memcpy(jobs[lane].tag.data(), words, sizeof words);
  }
}

#undef SAKER_INLINE

/// kLanes jobs; the caller knows that the processor has it.
__attribute__((target("avx2"))) inline void four_avx2(Job* jobs) { four_body(jobs); }
__attribute__((target("avx512f,avx512vl"))) inline void four_avx512(Job* jobs) {
  four_body(jobs);
}

/// False: this processor does one at a time, and four() must not be called.
inline bool has_four() { return __builtin_cpu_supports("avx2"); }
inline void four(Job* jobs) {
  if (__builtin_cpu_supports("avx512vl")) return four_avx512(jobs);
  four_avx2(jobs);
}

}  // namespace saker::proto::siphash
