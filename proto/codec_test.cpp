// The hand-laid FlatBuffers against the library's: what we write its verifiers and readers
// accept, what its builder writes we read the same.
#include "proto/codec.hpp"

#include <gtest/gtest.h>

#include "proto/commands.hpp"
#include "proto/handshake.hpp"
#include "proto/samples.hpp"
#include "query_generated.h"

namespace saker::proto {
namespace {

struct Payload {
  alignas(8) std::byte bytes[kMaxPayloadBytes] = {};
  std::size_t size = 0;
  Bytes view() const { return {bytes, size}; }
};

Payload copy_of(const flatbuffers::FlatBufferBuilder& builder) {
  Payload payload;
  payload.size = builder.GetSize();
  SAKER_ASSERT(payload.size <= sizeof payload.bytes);
  std::memcpy(payload.bytes, builder.GetBufferPointer(), payload.size);
  return payload;
}

template <class Struct>
Struct patterned(unsigned seed) {
  Struct value;
  auto* bytes = reinterpret_cast<std::byte*>(&value);
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes[i] = static_cast<std::byte>(seed + 37 * i);
  }
  return value;
}

template <class Item>
std::vector<Item> patterned_list(std::size_t count) {
  std::vector<Item> list;
  for (std::size_t i = 0; i < count; ++i) {
    list.push_back(patterned<Item>(static_cast<unsigned>(3 * i + 1)));
  }
  return list;
}

template <class Item>
bool same(std::span<const Item> a, std::span<const Item> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

/// Ours is accepted by the library, the library's by us, and both give the struct back.
template <class Struct, class Message>
void agrees_with_library() {
  const auto value = patterned<Struct>(11);
  Payload ours;
  ours.size = encode(value, ours.bytes);
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(ours.bytes), ours.size);
  ASSERT_TRUE(verifier.VerifyBuffer<Message>(nullptr));
  const auto* read = flatbuffers::GetRoot<Message>(ours.bytes)->v1();
  EXPECT_EQ(std::memcmp(read, &value, sizeof value), 0);

  flatbuffers::FlatBufferBuilder builder;
  const auto start = builder.StartTable();
  builder.AddStruct(Message::VT_V1, &value);
  const auto end = builder.EndTable(start);
  builder.Finish(flatbuffers::Offset<Message>(end));
  const Payload theirs = copy_of(builder);
  for (const Payload* payload : std::array<const Payload*, 2>{&ours, &theirs}) {
    const Struct* decoded = decode<Struct>(payload->view());
    ASSERT_NE(decoded, nullptr);
    EXPECT_EQ(std::memcmp(decoded, &value, sizeof value), 0);
  }
  // A table without the required struct, and every truncation, is malformed.
  builder.Clear();
  builder.Finish(flatbuffers::Offset<Message>(builder.EndTable(builder.StartTable())));
  EXPECT_EQ(decode<Struct>(copy_of(builder).view()), nullptr);
  for (std::size_t size = 0; size < ours.size; ++size) {
    EXPECT_EQ(decode<Struct>({ours.bytes, size}), nullptr) << size;
  }
}

TEST(Codec, EveryCommandAgreesWithTheLibrary) {
#define SAKER_CHECK(Name) agrees_with_library<Name, Name##Message>();
  SAKER_CLIENT_COMMANDS(SAKER_CHECK)
}

TEST(Codec, EverySessionMessageAgreesWithTheLibrary) {
  SAKER_CHECK(LogonRequest) SAKER_CHECK(LogonChallenge) SAKER_CHECK(LogonConfirm)
  SAKER_CHECK(LogonAccepted) SAKER_CHECK(LogonRefused) SAKER_CHECK(Heartbeat)
  SAKER_CHECK(Decision) SAKER_CHECK(Busy) SAKER_CHECK(FeedSubscribe) SAKER_CHECK(Query)
}

TEST(Codec, CommandBodiesAreTheStructsBytes) {
  const auto order = patterned<NewOrder>(5);
  Payload payload;
  payload.size = encode(order, payload.bytes);
  const DecodedCommand decoded = decode_command(CommandKind::NewOrder, payload.view());
  ASSERT_EQ(decoded.error, DecodeError::None);
  ASSERT_EQ(decoded.body.size(), sizeof order);
  EXPECT_EQ(std::memcmp(decoded.body.data(), &order, sizeof order), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(decoded.body.data()) % 8, 0u);
}

TEST(Codec, OnlyClientCommandsAreDecoded) {
  std::size_t accepted = 0;
  Payload payload;
  payload.size = encode(patterned<NewOrder>(5), payload.bytes);
  for (unsigned kind = 0; kind < 65536; ++kind) {
    const auto decoded = decode_command(static_cast<CommandKind>(kind), payload.view());
    if (decoded.error == DecodeError::UnknownKind) {
      ASSERT_TRUE(decoded.body.empty());
    } else {
      ++accepted;
    }
  }
#define SAKER_COUNT(Name) +1
  EXPECT_EQ(accepted, 0u SAKER_CLIENT_COMMANDS(SAKER_COUNT));
  for (const auto kind : {CommandKind::None, CommandKind::SessionLogon, CommandKind::Genesis,
                          CommandKind::AdvanceClock, CommandKind::StateMarker}) {
    EXPECT_EQ(decode_command(kind, payload.view()).error, DecodeError::UnknownKind);
  }
}

TEST(Codec, AStructTooLargeForItsPayloadIsMalformed) {
  // AddMarket is 152 bytes; a NewOrder payload has only 48 behind the table.
  Payload payload;
  payload.size = encode(patterned<NewOrder>(5), payload.bytes);
  EXPECT_EQ(decode_command(CommandKind::AddMarket, payload.view()).error, DecodeError::Malformed);
}

TEST(Codec, ReportsOfEveryCount) {
  for (std::size_t count = 1; count <= kMaxReportsPerDatagram; ++count) {
    const auto reports = patterned_list<Report>(count);
    Payload payload;
    payload.size = encode_reports(reports, payload.bytes);
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(payload.bytes),
                                   payload.size);
    ASSERT_TRUE(verifier.VerifyBuffer<ReportsMessage>(nullptr));
    EXPECT_TRUE(same<Report>(decode_reports(payload.view()), reports));
    for (std::size_t size = 0; size < payload.size; ++size) {
      ASSERT_TRUE(decode_reports({payload.bytes, size}).empty());
    }
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(CreateReportsMessage(
        builder, builder.CreateVectorOfStructs(reports.data(), reports.size())));
    EXPECT_TRUE(same<Report>(decode_reports(copy_of(builder).view()), reports));
  }
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(CreateReportsMessage(
      builder, builder.CreateVectorOfStructs(static_cast<const Report*>(nullptr), 0)));
  EXPECT_TRUE(decode_reports(copy_of(builder).view()).empty());
}

TEST(Codec, FeedPacketsOfEveryShape) {
  std::size_t shapes = 0;
  for (std::size_t m = 1; m <= kMaxFeedMessagesPerPacket; ++m) {
    for (std::size_t d = 0; d <= m && fits_feed_packet(m, d); ++d, ++shapes) {
      auto messages = patterned_list<FeedMessage>(m);
      const auto definitions = patterned_list<MarketDefinition>(d);
      for (std::size_t i = 0; i < m; ++i) {
        messages[i].mutate_kind(i < d ? FeedKind::MarketDefined : FeedKind::OrderAdded);
      }
      alignas(8) std::byte packet[kMaxDatagramBytes];
      FeedHeader header;
      header.first_sequence = 77;
      const std::size_t size = encode_feed_packet(header, {messages, definitions}, packet);
      ASSERT_LE(size, kMaxDatagramBytes);
      ASSERT_EQ(parse_feed_header({packet, size}, header), FeedError::None);
      EXPECT_EQ(header.count, m);
      const Bytes payload = feed_payload_of({packet, size});
      flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(payload.data()),
                                     payload.size());
      ASSERT_TRUE(verifier.VerifyBuffer<FeedPacketMessage>(nullptr)) << m << " " << d;
      FeedPacket decoded;
      ASSERT_EQ(decode_feed_packet(header, payload, decoded), FeedError::None);
      EXPECT_TRUE(same<FeedMessage>(decoded.messages, messages));
      EXPECT_TRUE(same<MarketDefinition>(decoded.definitions, definitions));
      ++header.count;
      EXPECT_EQ(decode_feed_packet(header, payload, decoded), FeedError::Payload);
    }
  }
  EXPECT_GT(shapes, 80u);
  EXPECT_FALSE(fits_feed_packet(kMaxFeedMessagesPerPacket + 1, 0));
  EXPECT_TRUE(fits_feed_packet(4, 4));
}

TEST(Codec, AFeedPacketNeedsADefinitionForEachOneNamed) {
  auto messages = patterned_list<FeedMessage>(2);
  messages[0].mutate_kind(FeedKind::MarketDefined);
  messages[1].mutate_kind(FeedKind::OrderAdded);
  alignas(8) std::byte packet[kMaxDatagramBytes];
  FeedHeader header;
  const std::size_t size = encode_feed_packet(header, {messages, {}}, packet);
  ASSERT_EQ(parse_feed_header({packet, size}, header), FeedError::None);
  FeedPacket decoded;
  EXPECT_EQ(decode_feed_packet(header, feed_payload_of({packet, size}), decoded),
            FeedError::Payload);
}

template <class Item>
void full_page(std::span<const Item> QueryReply::*list) {
  const auto header = patterned<QueryHeader>(9);
  const auto items = patterned_list<Item>(query_page_items<Item>());
  QueryReply reply;
  reply.header = &header;
  reply.*list = items;
  EXPECT_LE(query_reply_bytes(reply), kMaxPayloadBytes);
  EXPECT_GT(query_reply_bytes(reply) + sizeof(Item), kMaxPayloadBytes);
  Payload payload;
  payload.size = encode_query_reply(reply, payload.bytes);
  EXPECT_EQ(payload.size, query_reply_bytes(reply));
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(payload.bytes),
                                 payload.size);
  ASSERT_TRUE(verifier.VerifyBuffer<QueryReplyMessage>(nullptr));
  QueryReply decoded;
  ASSERT_TRUE(decode_query_reply(payload.view(), decoded));
  EXPECT_EQ(std::memcmp(decoded.header, &header, sizeof header), 0);
  EXPECT_TRUE(same<Item>(decoded.*list, items));
  const std::size_t total = decoded.reports.size() + decoded.orders.size() +
                            decoded.balances.size() + decoded.feed.size() +
                            decoded.definitions.size() + decoded.book.size() +
                            decoded.accounts.size();
  EXPECT_EQ(total, items.size());
}

TEST(Codec, QueryRepliesFillAPageOfEachKind) {
  full_page<Report>(&QueryReply::reports);
  full_page<OpenOrder>(&QueryReply::orders);
  full_page<Balance>(&QueryReply::balances);
  full_page<FeedMessage>(&QueryReply::feed);
  full_page<MarketDefinition>(&QueryReply::definitions);
  full_page<BookOrder>(&QueryReply::book);
}

TEST(Codec, AReplyAboutAnAccountIsAFlatBufferLikeTheOthers) {
  const auto header = patterned<QueryHeader>(9);
  const auto details = patterned_list<AccountDetail>(3);
  Payload payload;
  payload.size = encode_query_reply({.header = &header, .accounts = details}, payload.bytes);
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(payload.bytes),
                                 payload.size);
  ASSERT_TRUE(verifier.VerifyBuffer<QueryReplyMessage>(nullptr));
  QueryReply decoded;
  ASSERT_TRUE(decode_query_reply(payload.view(), decoded));
  EXPECT_EQ(std::memcmp(decoded.header, &header, sizeof header), 0);
  EXPECT_TRUE(same<AccountDetail>(decoded.accounts, details));
  EXPECT_TRUE(decoded.balances.empty());
}

TEST(Codec, AQueryReplyMayHaveEveryList) {
  const auto header = patterned<QueryHeader>(9);
  const auto reports = patterned_list<Report>(1);
  const auto orders = patterned_list<OpenOrder>(2);
  const auto balances = patterned_list<Balance>(3);
  const auto feed = patterned_list<FeedMessage>(2);
  const auto definitions = patterned_list<MarketDefinition>(1);
  const auto book = patterned_list<BookOrder>(4);
  const auto accounts = patterned_list<AccountDetail>(2);
  Payload payload;
  payload.size = encode_query_reply(
      {&header, reports, orders, balances, feed, definitions, book, accounts}, payload.bytes);
  QueryReply decoded;
  ASSERT_TRUE(decode_query_reply(payload.view(), decoded));
  EXPECT_TRUE(same<Report>(decoded.reports, reports));
  EXPECT_TRUE(same<OpenOrder>(decoded.orders, orders));
  EXPECT_TRUE(same<Balance>(decoded.balances, balances));
  EXPECT_TRUE(same<FeedMessage>(decoded.feed, feed));
  EXPECT_TRUE(same<MarketDefinition>(decoded.definitions, definitions));
  EXPECT_TRUE(same<BookOrder>(decoded.book, book));
  EXPECT_TRUE(same<AccountDetail>(decoded.accounts, accounts));
  for (std::size_t size = 0; size < payload.size; ++size) {
    ASSERT_FALSE(decode_query_reply({payload.bytes, size}, decoded)) << size;
  }
}

TEST(Codec, ALaterVersionsFieldsAreSkipped) {
  // A table with one more field behind v1, as a newer client would send.
  const auto value = patterned<CancelOrder>(3);
  flatbuffers::FlatBufferBuilder builder;
  const auto text = builder.CreateString("later");
  const auto start = builder.StartTable();
  builder.AddOffset(CancelOrderMessage::VT_V1 + 2, text);
  builder.AddStruct(CancelOrderMessage::VT_V1, &value);
  builder.Finish(flatbuffers::Offset<CancelOrderMessage>(builder.EndTable(start)));
  const Payload payload = copy_of(builder);
  const auto decoded = decode_command(CommandKind::CancelOrder, payload.view());
  ASSERT_EQ(decoded.error, DecodeError::None);
  EXPECT_EQ(std::memcmp(decoded.body.data(), &value, sizeof value), 0);
}

}  // namespace
}  // namespace saker::proto
