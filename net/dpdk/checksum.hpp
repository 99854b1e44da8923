// The internet checksum (RFC 1071). Sums are of 16-bit words as they lie in memory, so that no
// byte is swapped: a ones' complement sum comes out in the order of its words.
#pragma once

#include <cstring>

#include "common/types.hpp"

namespace saker::net {

/// Adds `size` bytes to `sum`. Parts may be summed one by one when all but the last are even.
inline std::uint64_t add_bytes(std::uint64_t sum, const std::byte* data, std::size_t size) {
  Int128 first = 0, second = 0;  // two chains of additions; carries go to the upper halves
  for (; size >= 16; data += 16, size -= 16) {
    std::uint64_t words[2];
    std::memcpy(words, data, 16);
    first += words[0];
    second += words[1];
  }
  const auto add = [&]<class Word>(Word word) {
    if (size < sizeof word) return;
    std::memcpy(&word, data, sizeof word);
    first += word;
    data += sizeof word;
    size -= sizeof word;
  };
  add(std::uint64_t{});
  add(std::uint32_t{});
  add(std::uint16_t{});
  add(std::uint8_t{});
  first += second;
  const auto low = static_cast<std::uint64_t>(first);
  return sum + (low & 0xFFFFFFFF) + (low >> 32) + static_cast<std::uint64_t>(first >> 64);
}

/// The sum in 16 bits, not complemented. What verifies sums up to 0xFFFF.
inline std::uint16_t fold_sum(std::uint64_t sum) {
  sum = (sum & 0xFFFFFFFF) + (sum >> 32);
  sum = (sum & 0xFFFFFFFF) + (sum >> 32);
  sum = (sum & 0xFFFF) + (sum >> 16);
  sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

/// The sum of UDP's pseudo header. Addresses in host byte order; `udp_bytes` is the length field.
inline std::uint64_t pseudo_header_sum(std::uint32_t from, std::uint32_t to,
                                       std::size_t udp_bytes) {
  constexpr std::uint64_t kUdpProtocol = 17;
  const auto swapped = [](std::uint32_t value) {
    return std::uint64_t{__builtin_bswap32(value)};
  };
  const std::uint64_t length = __builtin_bswap16(static_cast<std::uint16_t>(udp_bytes));
  const std::uint64_t addresses = swapped(from) + swapped(to);
  return addresses + (kUdpProtocol << 8) + length;
}

}  // namespace saker::net
