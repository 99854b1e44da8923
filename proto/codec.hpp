// Messages to bytes and back.
//
// Encoding writes into the caller's buffer, without allocation: every table of version 1 is
// "one struct" or "vectors of structs", so its FlatBuffer is a few constant words before the
// data, which are written here directly. The result is an ordinary FlatBuffer, accepted by every
// generated verifier. Decoding verifies first (depth 8, 16 tables) and takes any valid layout.
//
// The structs themselves are in the generated headers, which this one does not include.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

#include "common/assert.hpp"
#include "common/bytes.hpp"
#include "proto/feed_frame.hpp"
#include "proto/frame.hpp"

namespace saker::proto {

enum class CommandKind : std::uint16_t;
struct Report;
struct FeedMessage;
struct MarketDefinition;
struct QueryHeader;
struct OpenOrder;
struct Balance;
struct BookOrder;
struct AccountDetail;

// ---- decoding ------------------------------------------------------------------------------
// `payload` must start 8-byte aligned. All results point into it.

enum class DecodeError : std::uint8_t { None, UnknownKind, Malformed };

struct DecodedCommand {
  Bytes body;  // the schema struct, unchanged; aligned like the struct
  DecodeError error = DecodeError::Malformed;
};

/// The body of a Command datagram. Kinds that clients may not send are UnknownKind.
DecodedCommand decode_command(CommandKind kind, Bytes payload);

/// The struct of a `<Struct>Message` table, or nullptr when the payload is malformed. Exists for
/// the session-layer structs (LogonRequest .. FeedSubscribe), Query and every client command.
template <class Struct>
const Struct* decode(Bytes payload);

/// The reports of a Reports datagram, 1 to kMaxReportsPerDatagram; empty when malformed.
std::span<const Report> decode_reports(Bytes payload);

struct FeedPacket {
  std::span<const FeedMessage> messages;
  std::span<const MarketDefinition> definitions;  // one for each MarketDefined, in order
};
/// The content of a Data feed packet whose header has been parsed; count and the number of
/// definitions are checked against each other.
FeedError decode_feed_packet(const FeedHeader& header, Bytes payload, FeedPacket& packet);

struct QueryReply {
  const QueryHeader* header = nullptr;
  std::span<const Report> reports;
  std::span<const OpenOrder> orders;
  std::span<const Balance> balances;
  std::span<const FeedMessage> feed;
  std::span<const MarketDefinition> definitions;
  std::span<const BookOrder> book;
  std::span<const AccountDetail> accounts;
};
/// False when the payload is malformed.
bool decode_query_reply(Bytes payload, QueryReply& reply);

// ---- encoding ------------------------------------------------------------------------------

/// Bytes before the struct in a `<Struct>Message` payload.
inline constexpr std::size_t kTableHeadBytes = 16;

/// Payload bytes of a `<Struct>Message`.
template <class Struct>
constexpr std::size_t payload_bytes() {
  return kTableHeadBytes + sizeof(Struct);
}

/// Writes the payload of a `<Struct>Message` and returns its size. `into` must have room.
template <class Struct>
std::size_t encode(const Struct& v1, std::span<std::byte> into) {
  static_assert(std::is_trivially_copyable_v<Struct>);
  struct Head {
    std::uint32_t root = 12;          // the table is at 12
    std::uint16_t vtable_bytes = 6;
    std::uint16_t table_bytes = 4 + sizeof(Struct);
    std::uint16_t v1_at = 4;          // so the struct is at 16
    std::uint16_t padding = 0;
    std::int32_t to_vtable = 8;
  };
  static_assert(sizeof(Head) == kTableHeadBytes && alignof(Struct) <= 8);
  SAKER_ASSERT(into.size() >= payload_bytes<Struct>());
  const Head head;
  std::memcpy(into.data(), &head, sizeof head);
  std::memcpy(into.data() + sizeof head, &v1, sizeof v1);
  return payload_bytes<Struct>();
}

/// Writes prefix and payload and seals them; returns the datagram's size. `into` is 8-byte
/// aligned and has room for the datagram; the prefix's tag is ignored.
template <class Struct>
std::size_t encode_datagram(const Prefix& prefix, const Struct& v1, const Key& key,
                            std::span<std::byte> into) {
  SAKER_ASSERT(into.size() >= kPrefixBytes);
  write_prefix(prefix, into.data());
  const std::size_t size = kPrefixBytes + encode(v1, into.subspan(kPrefixBytes));
  seal(into.first(size), key);
  return size;
}

/// Same for a datagram that is only a prefix (Logoff).
inline std::size_t encode_datagram(const Prefix& prefix, const Key& key,
                                   std::span<std::byte> into) {
  SAKER_ASSERT(into.size() >= kPrefixBytes);
  write_prefix(prefix, into.data());
  seal(into.first(kPrefixBytes), key);
  return kPrefixBytes;
}

inline constexpr std::size_t kMaxReportsPerDatagram = 8;

/// Lays out a ReportsMessage payload for `count` reports (1..8) at `into`, which is 8-byte
/// aligned, and returns where they are to be filled in; `bytes` becomes the payload's size.
std::span<Report> start_reports(std::size_t count, std::span<std::byte> into,
                                std::size_t& bytes);
/// Writes a ReportsMessage payload; returns its size.
std::size_t encode_reports(std::span<const Report> reports, std::span<std::byte> into);

/// True when a feed packet with this content stays within a datagram.
bool fits_feed_packet(std::size_t messages, std::size_t definitions);
/// Most messages of a packet without definitions.
inline constexpr std::size_t kMaxFeedMessagesPerPacket = 23;
/// Writes header (count is set here) and payload of a Data packet that fits; returns the
/// packet's size. `into` is 8-byte aligned and kMaxDatagramBytes long.
std::size_t encode_feed_packet(FeedHeader header, const FeedPacket& packet,
                               std::span<std::byte> into);
/// Writes a heartbeat packet.
std::size_t encode_feed_heartbeat(FeedHeader header, std::span<std::byte> into);

/// Bytes of a QueryReply payload before its first item; each further list costs 8 more, and so
/// does one of accounts.
inline constexpr std::size_t kQueryReplyHeadBytes = 128;
/// How many items of one list fit in a page, when no other list is in it.
template <class Item>
constexpr std::size_t query_page_items() {
  return (kMaxPayloadBytes - kQueryReplyHeadBytes) / sizeof(Item);
}
/// Payload size of a reply with this content.
std::size_t query_reply_bytes(const QueryReply& reply);
/// Writes the payload of a QueryReplyMessage; returns its size. `into` must have room.
std::size_t encode_query_reply(const QueryReply& reply, std::span<std::byte> into);

}  // namespace saker::proto
