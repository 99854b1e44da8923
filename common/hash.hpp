// XXH3 behind two calls: the event chain (64 bits, seeded with the previous head) and the
// streaming 128-bit hash of a whole state. Fast agreement checks, not tamper evidence.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <span>

#include "common/types.hpp"

namespace saker {

/// Head of the chain after `bytes` follow `previous`.
inline std::uint64_t chain_hash(std::uint64_t previous, std::span<const std::byte> bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), previous);
}

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};

inline Hash128 hash128(std::span<const std::byte> bytes) {
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {h.low64, h.high64};
}

/// Collects bytes in any number of pieces; equal bytes in different pieces give equal hashes.
class StreamHasher {
 public:
  StreamHasher() { XXH3_128bits_reset(&state_); }
  void write(std::span<const std::byte> bytes) {
    XXH3_128bits_update(&state_, bytes.data(), bytes.size());
  }
  Hash128 result() const {
    const XXH128_hash_t h = XXH3_128bits_digest(&state_);
    return {h.low64, h.high64};
  }

 private:
  XXH3_state_t state_;
};

}  // namespace saker
