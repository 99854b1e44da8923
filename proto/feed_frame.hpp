// The header of a feed packet. Untagged: the feed is for a trusted network.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include "common/bytes.hpp"
#include "common/types.hpp"

namespace saker::proto {

inline constexpr std::uint32_t kFeedMagic = 0x464B4153;  // "SAKF"
inline constexpr std::uint8_t kFeedVersion = 1;

enum class FeedPacketKind : std::uint8_t { None = 0, Data = 1, Heartbeat = 2 };

/// A heartbeat has count 0, first_sequence = released_sequence + 1 and no payload.
struct FeedHeader {
  std::uint32_t magic = kFeedMagic;
  std::uint8_t version = kFeedVersion;
  FeedPacketKind kind = FeedPacketKind::None;
  std::uint16_t count = 0;              // messages in the packet
  std::uint16_t shard = 0;
  std::uint8_t line = 0;                // 0 A, 1 B
  std::uint8_t reserved = 0;
  std::uint32_t epoch = 0;              // a new one means: take a snapshot
  std::uint64_t first_sequence = 0;     // of the first message; the rest follow by one
  std::uint64_t released_sequence = 0;  // highest released when the packet was made
  std::uint64_t sent_ns = 0;            // UTC
  std::uint64_t reserved2 = 0;
};
static_assert(sizeof(FeedHeader) == 48 && alignof(FeedHeader) == 8);
static_assert(offsetof(FeedHeader, version) == 4 && offsetof(FeedHeader, kind) == 5);
static_assert(offsetof(FeedHeader, count) == 6 && offsetof(FeedHeader, shard) == 8);
static_assert(offsetof(FeedHeader, line) == 10 && offsetof(FeedHeader, epoch) == 12);
static_assert(offsetof(FeedHeader, first_sequence) == 16);
static_assert(offsetof(FeedHeader, released_sequence) == 24);
static_assert(offsetof(FeedHeader, sent_ns) == 32);

enum class FeedError : std::uint8_t { None, Size, Magic, Version, Kind, Payload };
const char* to_string(FeedError error);

/// Reads the header of a feed packet (at most 1,400 bytes); `header` is valid only after None.
inline FeedError parse_feed_header(Bytes packet, FeedHeader& header) {
  if (packet.size() < sizeof(FeedHeader) || packet.size() > 1400) return FeedError::Size;
  std::memcpy(&header, packet.data(), sizeof(FeedHeader));
  if (header.magic != kFeedMagic) return FeedError::Magic;
  if (header.version != kFeedVersion) return FeedError::Version;
  if (header.kind == FeedPacketKind::Heartbeat) {
    return packet.size() == sizeof(FeedHeader) && header.count == 0 ? FeedError::None
                                                                     : FeedError::Size;
  }
  if (header.kind != FeedPacketKind::Data || header.count == 0) return FeedError::Kind;
  return FeedError::None;
}

/// What follows the header. `packet` has passed parse_feed_header.
inline Bytes feed_payload_of(Bytes packet) { return packet.subspan(sizeof(FeedHeader)); }

}  // namespace saker::proto
