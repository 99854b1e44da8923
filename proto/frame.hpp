// The prefix of every order entry and query datagram, and its tag.
//
// The tag covers the whole datagram and is checked before anything else is looked at but size,
// magic, version, kind and (to find the key) session and epoch. After the prefix follows the
// FlatBuffer, so buffers must be 8-byte aligned.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include "common/bytes.hpp"
#include "common/types.hpp"
#include "proto/keys.hpp"

namespace saker::proto {

/// Largest datagram, bytes of UDP payload.
inline constexpr std::size_t kMaxDatagramBytes = 1400;

inline constexpr std::uint32_t kFrameMagic = 0x524B4153;  // "SAKR"
inline constexpr std::uint8_t kProtocolVersion = 1;

enum class PacketKind : std::uint8_t {
  None = 0,
  LogonRequest = 1, LogonChallenge = 2, LogonConfirm = 3, LogonAccepted = 4, LogonRefused = 5,
  Logoff = 6, Heartbeat = 7, Command = 8, Reports = 9, Decision = 10, Busy = 11,
  FeedSubscribe = 12,
  Query = 20, QueryReply = 21,
};

/// True for the kinds above, None excepted.
constexpr bool is_known(PacketKind kind) {
  const auto k = raw(kind);
  return (k >= 1 && k <= 12) || k == 20 || k == 21;
}

/// True for the kinds that use the logon keys (epoch 0).
constexpr bool is_logon(PacketKind kind) { return raw(kind) >= 1 && raw(kind) <= 5; }

using Tag = std::array<std::uint8_t, 16>;

/// Meaning of `sequence` by kind: Command its client sequence; Reports the first report's
/// sequence; Decision and Busy the client sequence they answer; Heartbeat and Logoff the
/// connection number of the logon they belong to, so that they cannot be replayed into a later
/// one; FeedSubscribe a counter that rises; Query and QueryReply the request; logon kinds 0.
struct Prefix {
  std::uint32_t magic = kFrameMagic;
  std::uint8_t version = kProtocolVersion;
  PacketKind kind = PacketKind::None;
  std::uint16_t type = 0;      // Command: CommandKind. Query, QueryReply: QueryKind. Else 0.
  std::uint32_t session = 0;
  std::uint32_t epoch = 0;     // of the key; 0 in the logon kinds
  std::uint64_t sequence = 0;
  std::uint64_t ack = 0;       // to the engine: every report up to here has arrived; Query: the
                               // connection, which tells the follower the key; else 0
  Tag tag{};
};
static_assert(sizeof(Prefix) == 48 && alignof(Prefix) == 8);
static_assert(offsetof(Prefix, version) == 4 && offsetof(Prefix, kind) == 5);
static_assert(offsetof(Prefix, type) == 6 && offsetof(Prefix, session) == 8);
static_assert(offsetof(Prefix, epoch) == 12 && offsetof(Prefix, sequence) == 16);
static_assert(offsetof(Prefix, ack) == 24 && offsetof(Prefix, tag) == 32);

inline constexpr std::size_t kPrefixBytes = sizeof(Prefix);
inline constexpr std::size_t kMaxPayloadBytes = kMaxDatagramBytes - kPrefixBytes;

/// Why a datagram was dropped without an answer. One counter each.
enum class FrameError : std::uint8_t { None, Size, Magic, Version, Kind, Tag };
const char* to_string(FrameError error);

/// Reads the prefix. Checks everything that needs no key; `prefix` is valid only after None.
/// The version here is that of the framing; what the messages may say is negotiated at logon.
inline FrameError parse_prefix(Bytes datagram, Prefix& prefix) {
  if (datagram.size() < kPrefixBytes || datagram.size() > kMaxDatagramBytes) {
    return FrameError::Size;
  }
  std::memcpy(&prefix, datagram.data(), kPrefixBytes);
  if (prefix.magic != kFrameMagic) return FrameError::Magic;
  if (prefix.version != kProtocolVersion) return FrameError::Version;
  if (!is_known(prefix.kind)) return FrameError::Kind;
  return FrameError::None;
}

/// Writes the prefix, its tag zero, as eight-byte words: a processor that is to hash what was just
/// written in smaller parts would wait for them.
inline void write_prefix(const Prefix& prefix, std::byte* to) {
  const std::uint64_t words[6] = {
      prefix.magic | std::uint64_t{prefix.version} << 32 |
          std::uint64_t{raw(prefix.kind)} << 40 | std::uint64_t{prefix.type} << 48,
      prefix.session | std::uint64_t{prefix.epoch} << 32, prefix.sequence, prefix.ack, 0, 0};
  std::memcpy(to, words, sizeof words);
}

/// What follows the prefix. `datagram` has passed parse_prefix.
inline Bytes payload_of(Bytes datagram) { return datagram.subspan(kPrefixBytes); }

inline void put_tag(std::span<std::byte> datagram, const Tag& tag) {
  std::memcpy(datagram.data() + offsetof(Prefix, tag), tag.data(), sizeof tag);
}

/// Writes the tag into the datagram's prefix: SipHash-2-4-128 over the whole datagram with the
/// tag field zero. `datagram` is at least a prefix long.
void seal(std::span<std::byte> datagram, const Key& key);

/// True when the datagram carries this tag. In a time that does not tell where they differ.
inline bool carries(Bytes datagram, const Tag& right) {
  std::uint64_t x[2], y[2];
  std::memcpy(x, datagram.data() + offsetof(Prefix, tag), sizeof x);
  std::memcpy(y, right.data(), sizeof y);
  return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

/// True when the tag is right. `datagram` is at least a prefix long.
bool check_tag(Bytes datagram, const Key& key);

}  // namespace saker::proto
