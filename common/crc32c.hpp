// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78, as in RFC 3720) with the SSE4.2
// instruction. Guards records against torn writes and bit rot, not against an adversary.
#pragma once

#include <nmmintrin.h>

#include <cstring>
#include <span>

#include "common/types.hpp"

namespace saker {

/// Checksum of `bytes`; pass an earlier result as `seed` to go on with more bytes.
inline std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t seed = 0) {
  std::uint64_t crc = ~seed;
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  for (; left > 0; --left, ++p) {
    crc = _mm_crc32_u8(static_cast<std::uint32_t>(crc), static_cast<std::uint8_t>(*p));
  }
  return ~static_cast<std::uint32_t>(crc);
}

}  // namespace saker
