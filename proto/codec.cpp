#include "proto/codec.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "feed_generated.h"
#include "order_entry_generated.h"
#include "proto/commands.hpp"
#include "query_generated.h"

namespace saker::proto {

namespace {

constexpr flatbuffers::uoffset_t kMaxDepth = 8;
constexpr flatbuffers::uoffset_t kMaxTables = 16;

template <class Struct>
struct TableOf;
#define SAKER_TABLE_OF(Name)      \
  template <>                     \
  struct TableOf<Name> {          \
    using Message = Name##Message; \
  };
SAKER_CLIENT_COMMANDS(SAKER_TABLE_OF)
#define SAKER_SESSION_STRUCTS(X)                                                      \
  X(LogonRequest) X(LogonChallenge) X(LogonConfirm) X(LogonAccepted) X(LogonRefused)  \
  X(Heartbeat) X(Decision) X(Busy) X(FeedSubscribe) X(Query)
SAKER_SESSION_STRUCTS(SAKER_TABLE_OF)

/// The table at the root of a payload that the generated verifier accepts, or nullptr.
template <class Message>
const Message* verified(Bytes payload) {
  SAKER_ASSERT(reinterpret_cast<std::uintptr_t>(payload.data()) % 8 == 0);
  if (payload.size() < sizeof(flatbuffers::uoffset_t) || payload.size() > kMaxPayloadBytes) {
    return nullptr;
  }
  const auto* data = reinterpret_cast<const std::uint8_t*>(payload.data());
  flatbuffers::Verifier verifier(data, payload.size(), kMaxDepth, kMaxTables);
  if (!verifier.VerifyBuffer<Message>(nullptr)) return nullptr;
  return flatbuffers::GetRoot<Message>(data);
}

/// The items of a verified vector. False when they are not aligned, which the verifier checks for
/// a struct in a table but not for structs in a vector.
template <class Struct>
bool take_list(const flatbuffers::Vector<const Struct*>* list, std::span<const Struct>& items) {
  items = {};
  if (list == nullptr || list->size() == 0) return true;
  if (reinterpret_cast<std::uintptr_t>(list->Data()) % alignof(Struct) != 0) return false;
  items = {reinterpret_cast<const Struct*>(list->Data()), list->size()};
  return true;
}

}  // namespace

template <class Struct>
const Struct* decode(Bytes payload) {
  const auto* message = verified<typename TableOf<Struct>::Message>(payload);
  return message == nullptr ? nullptr : message->v1();
}
#define SAKER_DECODE(Name) template const Name* decode<Name>(Bytes payload);
SAKER_CLIENT_COMMANDS(SAKER_DECODE)
SAKER_SESSION_STRUCTS(SAKER_DECODE)

DecodedCommand decode_command(CommandKind kind, Bytes payload) {
  const auto result = [](const auto* v1) -> DecodedCommand {
    if (v1 == nullptr) return {{}, DecodeError::Malformed};
    return {bytes_of(*v1), DecodeError::None};
  };
  switch (kind) {
#define SAKER_DECODE_COMMAND(Name) \
  case CommandKind::Name:          \
    return result(decode<Name>(payload));
    SAKER_CLIENT_COMMANDS(SAKER_DECODE_COMMAND)
#undef SAKER_DECODE_COMMAND
    default:
      return {{}, DecodeError::UnknownKind};
  }
}

// ---- reports -------------------------------------------------------------------------------

namespace {

struct ReportsHead {
  std::uint32_t root = 12;
  std::uint16_t vtable_bytes = 6;
  std::uint16_t table_bytes = 8;
  std::uint16_t reports_at = 4;
  std::uint16_t padding = 0;
  std::int32_t to_vtable = 8;  // the table is at 12
  std::uint32_t to_reports = 4;
  std::uint32_t count = 0;
};
static_assert(sizeof(ReportsHead) == 24);
static_assert(sizeof(ReportsHead) + kMaxReportsPerDatagram * sizeof(Report) <= kMaxPayloadBytes);

}  // namespace

std::span<const Report> decode_reports(Bytes payload) {
  const auto* message = verified<ReportsMessage>(payload);
  std::span<const Report> reports;
  if (message == nullptr || !take_list(message->reports(), reports)) return {};
  if (reports.size() > kMaxReportsPerDatagram) return {};
  return reports;
}

std::span<Report> start_reports(std::size_t count, std::span<std::byte> into,
                                std::size_t& bytes) {
  bytes = sizeof(ReportsHead) + count * sizeof(Report);
  SAKER_ASSERT(count >= 1 && count <= kMaxReportsPerDatagram && into.size() >= bytes);
  SAKER_ASSERT(reinterpret_cast<std::uintptr_t>(into.data()) % 8 == 0);
  // As words, as in write_prefix().
  static_assert(offsetof(ReportsHead, count) == 20);
  auto head = std::bit_cast<std::array<std::uint64_t, 3>>(ReportsHead{});
  head[2] |= std::uint64_t{count} << 32;
  std::memcpy(into.data(), head.data(), sizeof head);
  return {reinterpret_cast<Report*>(into.data() + sizeof head), count};
}

std::size_t encode_reports(std::span<const Report> reports, std::span<std::byte> into) {
  std::size_t bytes = 0;
  const std::span<Report> to = start_reports(reports.size(), into, bytes);
  std::memcpy(static_cast<void*>(to.data()), reports.data(), reports.size_bytes());
  return bytes;
}

// ---- feed ----------------------------------------------------------------------------------

namespace {

struct FeedHead {
  std::uint32_t root = 12;
  std::uint16_t vtable_bytes = 8;
  std::uint16_t table_bytes = 12;
  std::uint16_t messages_at = 4;
  std::uint16_t definitions_at = 0;  // 0: absent
  std::int32_t to_vtable = 8;        // the table is at 12
  std::uint32_t to_messages = 12;    // from 16 to 28
  std::uint32_t to_definitions = 0;  // from 20
  std::uint32_t padding = 0;
  std::uint32_t count = 0;           // at 28
};
static_assert(sizeof(FeedHead) == 32);

/// Before the items of a second list: four bytes to keep it 8-byte aligned, and its count.
struct ListHead {
  std::uint32_t padding = 0;
  std::uint32_t count = 0;
};

std::size_t feed_payload_bytes(std::size_t messages, std::size_t definitions) {
  const std::size_t second =
      definitions == 0 ? 0 : sizeof(ListHead) + definitions * sizeof(MarketDefinition);
  return sizeof(FeedHead) + messages * sizeof(FeedMessage) + second;
}
static_assert(sizeof(FeedHeader) + sizeof(FeedHead) +
                  kMaxFeedMessagesPerPacket * sizeof(FeedMessage) <= kMaxDatagramBytes);

}  // namespace

bool fits_feed_packet(std::size_t messages, std::size_t definitions) {
  return sizeof(FeedHeader) + feed_payload_bytes(messages, definitions) <= kMaxDatagramBytes;
}

std::size_t encode_feed_packet(FeedHeader header, const FeedPacket& packet,
                               std::span<std::byte> into) {
  const std::size_t messages = packet.messages.size();
  const std::size_t definitions = packet.definitions.size();
  SAKER_ASSERT(messages > 0 && fits_feed_packet(messages, definitions));
  const std::size_t size = sizeof header + feed_payload_bytes(messages, definitions);
  SAKER_ASSERT(into.size() >= size);
  header.kind = FeedPacketKind::Data;
  header.count = static_cast<std::uint16_t>(messages);
  FeedHead head;
  head.count = static_cast<std::uint32_t>(messages);
  const std::size_t second = sizeof head + packet.messages.size_bytes();
  if (definitions > 0) {
    head.definitions_at = 8;
    head.to_definitions = static_cast<std::uint32_t>(second + 4 - 20);
  }
  std::memcpy(into.data(), &header, sizeof header);
  std::byte* to = into.data() + sizeof header;
  std::memcpy(to, &head, sizeof head);
  std::memcpy(to + sizeof head, packet.messages.data(), packet.messages.size_bytes());
  if (definitions > 0) {
    const ListHead list{0, static_cast<std::uint32_t>(definitions)};
    std::memcpy(to + second, &list, sizeof list);
    std::memcpy(to + second + sizeof list, packet.definitions.data(),
                packet.definitions.size_bytes());
  }
  return size;
}

std::size_t encode_feed_heartbeat(FeedHeader header, std::span<std::byte> into) {
  SAKER_ASSERT(into.size() >= sizeof header);
  header.kind = FeedPacketKind::Heartbeat;
  header.count = 0;
  header.first_sequence = header.released_sequence + 1;
  std::memcpy(into.data(), &header, sizeof header);
  return sizeof header;
}

FeedError decode_feed_packet(const FeedHeader& header, Bytes payload, FeedPacket& packet) {
  const auto* message = verified<FeedPacketMessage>(payload);
  if (message == nullptr) return FeedError::Payload;
  if (!take_list(message->messages(), packet.messages) ||
      !take_list(message->definitions(), packet.definitions)) {
    return FeedError::Payload;
  }
  const auto defined =
      std::count_if(packet.messages.begin(), packet.messages.end(),
                    [](const FeedMessage& m) { return m.kind() == FeedKind::MarketDefined; });
  const bool agrees = packet.messages.size() == header.count &&
                      packet.definitions.size() == static_cast<std::size_t>(defined);
  return agrees ? FeedError::None : FeedError::Payload;
}

// ---- query replies -------------------------------------------------------------------------

namespace {

constexpr std::size_t kLists = 7;
constexpr std::size_t kListsOfOld = 6;  // before accounts; replies without them stay as they were

/// What stands before the first list of a reply whose table knows `kCount` lists.
template <std::size_t kCount>
struct QueryReplyHead {
  std::uint32_t root = 28;
  std::uint16_t vtable_bytes = 6 + 2 * kCount;
  std::uint16_t table_bytes = 4 + sizeof(QueryHeader) + 4 * kCount;
  std::uint16_t header_at = 4;
  std::uint16_t list_at[kCount] = {};   // 0: absent
  std::uint16_t padding[9 - kCount] = {};
  std::int32_t to_vtable = 24;          // the table is at 28
  std::byte header[sizeof(QueryHeader)] = {};
  std::uint32_t to_list[kCount + kCount % 2] = {};  // at 96
};
static_assert(sizeof(QueryReplyHead<kListsOfOld>) == 120);
static_assert(sizeof(QueryReplyHead<kListsOfOld>) + sizeof(ListHead) == kQueryReplyHeadBytes);

struct ListBytes {
  const void* data;
  std::size_t bytes;
  std::size_t count;
};

template <class Item>
ListBytes list_bytes(std::span<const Item> list) {
  static_assert(sizeof(Item) % 8 == 0);
  return {list.data(), list.size_bytes(), list.size()};
}

std::array<ListBytes, kLists> lists_of(const QueryReply& reply) {
  return {list_bytes(reply.reports), list_bytes(reply.orders),      list_bytes(reply.balances),
          list_bytes(reply.feed),    list_bytes(reply.definitions), list_bytes(reply.book),
          list_bytes(reply.accounts)};
}

std::size_t head_bytes(const QueryReply& reply) {
  return reply.accounts.empty() ? sizeof(QueryReplyHead<kListsOfOld>)
                                : sizeof(QueryReplyHead<kLists>);
}

template <std::size_t kCount>
void write_query_reply(const QueryReply& reply, std::span<std::byte> into) {
  QueryReplyHead<kCount> head;
  std::memcpy(head.header, reply.header, sizeof head.header);
  std::size_t at = sizeof head;
  const auto lists = lists_of(reply);
  for (std::size_t i = 0; i < kCount; ++i) {
    if (lists[i].count == 0) continue;
    const std::size_t field = 4 + sizeof(QueryHeader) + 4 * i;  // in the table
    head.list_at[i] = static_cast<std::uint16_t>(field);
    head.to_list[i] = static_cast<std::uint32_t>(at + 4 - (28 + field));
    const ListHead list{0, static_cast<std::uint32_t>(lists[i].count)};
    std::memcpy(into.data() + at, &list, sizeof list);
    std::memcpy(into.data() + at + sizeof list, lists[i].data, lists[i].bytes);
    at += sizeof list + lists[i].bytes;
  }
  std::memcpy(into.data(), &head, sizeof head);
}

}  // namespace

std::size_t query_reply_bytes(const QueryReply& reply) {
  std::size_t bytes = head_bytes(reply);
  for (const ListBytes& list : lists_of(reply)) {
    if (list.count > 0) bytes += sizeof(ListHead) + list.bytes;
  }
  return bytes;
}

std::size_t encode_query_reply(const QueryReply& reply, std::span<std::byte> into) {
  const std::size_t size = query_reply_bytes(reply);
  SAKER_ASSERT(reply.header != nullptr && size <= kMaxPayloadBytes && into.size() >= size);
  if (reply.accounts.empty()) {
    write_query_reply<kListsOfOld>(reply, into);
  } else {
    write_query_reply<kLists>(reply, into);
  }
  return size;
}

bool decode_query_reply(Bytes payload, QueryReply& reply) {
  const auto* message = verified<QueryReplyMessage>(payload);
  if (message == nullptr) return false;
  reply.header = message->header();
  return take_list(message->reports(), reply.reports) &&
         take_list(message->orders(), reply.orders) &&
         take_list(message->balances(), reply.balances) &&
         take_list(message->feed(), reply.feed) &&
         take_list(message->definitions(), reply.definitions) &&
         take_list(message->book(), reply.book) &&
         take_list(message->accounts(), reply.accounts);
}

}  // namespace saker::proto
