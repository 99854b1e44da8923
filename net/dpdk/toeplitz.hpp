// Receive-side scaling as the cards do it: the Toeplitz hash over addresses and ports picks the
// receive queue. Where a card cannot be told which flow goes where (ENA), the client is told
// which source ports lead to the queue of order entry instead.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "net/transport.hpp"

namespace saker::net {

inline constexpr std::size_t kRssKeyBytes = 40;
using RssKey = std::array<std::uint8_t, kRssKeyBytes>;

/// The key of Microsoft's specification, which publishes hashes to check against.
inline constexpr RssKey kMicrosoftRssKey = {
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
    0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
    0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};

/// Each bit of the input that is set adds (xor) the 32 bits of the key that start at its place.
constexpr std::uint32_t toeplitz_hash(const RssKey& key, std::span<const std::uint8_t> input) {
  std::uint32_t window = std::uint32_t{key[0]} << 24 | std::uint32_t{key[1]} << 16 |
                         std::uint32_t{key[2]} << 8 | key[3];
  std::uint32_t hash = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      if ((input[i] >> (7 - bit) & 1) != 0) hash ^= window;
      const std::uint8_t next = i + 4 < key.size() ? key[i + 4] : 0;
      window = window << 1 | (next >> (7 - bit) & 1u);
    }
  }
  return hash;
}

/// Of a UDP (or TCP) datagram over IPv4.
constexpr std::uint32_t rss_hash(const RssKey& key, Endpoint from, Endpoint to) {
  std::array<std::uint8_t, 12> input{};
  for (unsigned i = 0; i < 4; ++i) {
    input[i] = static_cast<std::uint8_t>(from.address >> (24 - 8 * i));
    input[4 + i] = static_cast<std::uint8_t>(to.address >> (24 - 8 * i));
  }
  for (unsigned i = 0; i < 2; ++i) {
    input[8 + i] = static_cast<std::uint8_t>(from.port >> (8 - 8 * i));
    input[10 + i] = static_cast<std::uint8_t>(to.port >> (8 - 8 * i));
  }
  return toeplitz_hash(key, input);
}

/// How a card spreads what it receives: its table has entry i for queue i modulo `queues`, unless
/// it was read from the card.
struct RssPlan {
  RssKey key = kMicrosoftRssKey;
  std::vector<std::uint16_t> table;  // entries: queues; its size is a power of two

  static RssPlan even(const RssKey& key, std::size_t entries, std::uint16_t queues) {
    RssPlan plan{key, std::vector<std::uint16_t>(entries)};
    for (std::size_t i = 0; i < entries; ++i) {
      plan.table[i] = static_cast<std::uint16_t>(i % queues);
    }
    return plan;
  }
  std::uint16_t queue_of(Endpoint from, Endpoint to) const {
    return table[rss_hash(key, from, to) & (table.size() - 1)];
  }
};

/// Up to `most` source ports in [first, last] from which `from_address` reaches `queue`.
inline std::vector<std::uint16_t> plan_source_ports(const RssPlan& plan,
                                                    std::uint32_t from_address, Endpoint to,
                                                    std::uint16_t queue, std::size_t most,
                                                    std::uint16_t first = 20'000,
                                                    std::uint16_t last = 59'999) {
  std::vector<std::uint16_t> ports;
  for (std::uint32_t port = first; port <= last && ports.size() < most; ++port) {
    const Endpoint from{from_address, static_cast<std::uint16_t>(port)};
    if (plan.queue_of(from, to) == queue) ports.push_back(from.port);
  }
  return ports;
}

}  // namespace saker::net
