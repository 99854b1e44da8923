#include "proto/exercise.hpp"

#include "proto/commands.hpp"
#include "proto/handshake.hpp"
#include "proto/samples.hpp"
#include "query_generated.h"

namespace saker::proto {

namespace {

volatile std::uint64_t sink;

/// Reads every byte, which must lie in `payload`.
void touch(Bytes payload, Bytes part) {
  if (part.empty()) return;
  SAKER_ASSERT(part.data() >= payload.data());
  SAKER_ASSERT(part.data() + part.size() <= payload.data() + payload.size());
  std::uint64_t sum = 0;
  for (const std::byte b : part) sum += std::to_integer<std::uint64_t>(b);
  sink = sink + sum;
}
template <class Item>
void touch(Bytes payload, std::span<const Item> list) {
  SAKER_ASSERT(reinterpret_cast<std::uintptr_t>(list.data()) % alignof(Item) == 0);
  touch(payload, std::as_bytes(list));
}

template <class Struct>
Fate exercise_struct(Bytes payload) {
  const Struct* v1 = decode<Struct>(payload);
  if (v1 == nullptr) return Fate::kRefusedPayload;
  touch(payload, std::span(v1, 1));
  alignas(8) std::byte again[kMaxPayloadBytes];
  const std::size_t size = encode(*v1, again);
  const Struct* copy = decode<Struct>({again, size});
  SAKER_ASSERT(copy != nullptr && std::memcmp(copy, v1, sizeof *v1) == 0);
  return Fate::kDecoded;
}

Fate exercise_command(std::uint16_t type, Bytes payload) {
  const DecodedCommand command = decode_command(static_cast<CommandKind>(type), payload);
  SAKER_ASSERT(command.body.empty() == (command.error != DecodeError::None));
  if (command.body.empty()) return Fate::kRefusedPayload;
  touch(payload, command.body);
  switch (static_cast<CommandKind>(type)) {
#define SAKER_EXERCISE(Name)                          \
  case CommandKind::Name:                             \
    SAKER_ASSERT(command.body.size() == sizeof(Name)); \
    return exercise_struct<Name>(payload);
    SAKER_CLIENT_COMMANDS(SAKER_EXERCISE)
#undef SAKER_EXERCISE
    default: fatal("a kind without a struct was decoded", __FILE__, __LINE__);
  }
}

Fate exercise_reports(Bytes payload) {
  const auto reports = decode_reports(payload);
  if (reports.empty()) return Fate::kRefusedPayload;
  touch(payload, reports);
  alignas(8) std::byte again[kMaxPayloadBytes];
  const std::size_t size = encode_reports(reports, again);
  const auto copy = decode_reports({again, size});
  SAKER_ASSERT(copy.size() == reports.size());
  SAKER_ASSERT(std::memcmp(copy.data(), reports.data(), reports.size_bytes()) == 0);
  return Fate::kDecoded;
}

Fate exercise_reply(Bytes payload) {
  QueryReply reply;
  if (!decode_query_reply(payload, reply)) return Fate::kRefusedPayload;
  touch(payload, bytes_of(*reply.header));
  touch(payload, reply.reports);
  touch(payload, reply.orders);
  touch(payload, reply.balances);
  touch(payload, reply.feed);
  touch(payload, reply.definitions);
  touch(payload, reply.book);
  touch(payload, reply.accounts);
  // Several lists may share bytes in a hostile one, and then it does not fit when written out.
  if (query_reply_bytes(reply) > kMaxPayloadBytes) return Fate::kDecoded;
  alignas(8) std::byte again[kMaxPayloadBytes];
  const std::size_t size = encode_query_reply(reply, again);
  QueryReply copy;
  SAKER_ASSERT(decode_query_reply({again, size}, copy));
  SAKER_ASSERT(copy.reports.size() == reply.reports.size());
  SAKER_ASSERT(copy.book.size() == reply.book.size());
  SAKER_ASSERT(copy.accounts.size() == reply.accounts.size());
  return Fate::kDecoded;
}

Fate exercise_feed(Bytes packet) {
  FeedHeader header;
  if (parse_feed_header(packet, header) != FeedError::None) return Fate::kRefusedFrame;
  if (header.kind == FeedPacketKind::Heartbeat) return Fate::kDecoded;
  const Bytes payload = feed_payload_of(packet);
  FeedPacket content;
  if (decode_feed_packet(header, payload, content) != FeedError::None) {
    return Fate::kRefusedPayload;
  }
  touch(payload, content.messages);
  touch(payload, content.definitions);
  SAKER_ASSERT(content.messages.size() == header.count);
  if (!fits_feed_packet(content.messages.size(), content.definitions.size())) {
    return Fate::kDecoded;
  }
  alignas(8) std::byte again[kMaxDatagramBytes];
  const std::size_t size = encode_feed_packet(header, content, again);
  FeedPacket copy;
  SAKER_ASSERT(parse_feed_header({again, size}, header) == FeedError::None);
  SAKER_ASSERT(decode_feed_packet(header, feed_payload_of({again, size}), copy) ==
               FeedError::None);
  return Fate::kDecoded;
}

/// A sealed logon datagram meets a server and clients in both states; each must survive, and the
/// server must not answer with more than it got.
void exercise_handshake(const Prefix& prefix, std::span<std::byte> datagram) {
  const KeyPair keys = sample_keys(PacketKind::LogonRequest);
  Key secret;
  secret.bytes.fill(9);
  HandshakeServer server(secret, 64);
  alignas(8) std::byte reply[kLogonRequestBytes];
  alignas(8) std::byte copy[kMaxDatagramBytes];
  const auto fresh = [&](const Key& key) {
    std::memcpy(copy, datagram.data(), datagram.size());
    seal({copy, datagram.size()}, key);
    return std::span<std::byte>(copy, datagram.size());
  };
  const auto result = server.on_datagram(prefix, fresh(keys.to_server), {0x7F000001, 5}, 1'000,
                                         keys, reply);
  SAKER_ASSERT(result.reply_bytes <= datagram.size());
  SAKER_ASSERT(result.outcome != HandshakeServer::Outcome::kConfirmed);
  HandshakeClient::Config config;
  config.session = prefix.session;
  config.keys = keys;
  HandshakeClient client(config);
  client.start(1'000, 0x1122334455667788, 1);
  client.poll(1'000, reply);
  client.on_datagram(prefix, fresh(keys.to_client), 2'000);
  client.poll(2'000, reply);
  client.on_datagram(prefix, fresh(keys.to_client), 3'000);
}

}  // namespace

Fate exercise_datagram(std::span<std::byte> datagram) {
  const Fate feed = exercise_feed(datagram);
  Prefix prefix;
  if (parse_prefix(datagram, prefix) != FrameError::None) return feed;
  const KeyPair keys = sample_keys(prefix.kind);
  check_tag(datagram, keys.to_server);
  check_tag(datagram, keys.to_client);
  if (is_logon(prefix.kind)) exercise_handshake(prefix, datagram);
  const Bytes payload = payload_of(datagram);
  switch (prefix.kind) {
    case PacketKind::LogonRequest: return exercise_struct<LogonRequest>(payload);
    case PacketKind::LogonChallenge: return exercise_struct<LogonChallenge>(payload);
    case PacketKind::LogonConfirm: return exercise_struct<LogonConfirm>(payload);
    case PacketKind::LogonAccepted: return exercise_struct<LogonAccepted>(payload);
    case PacketKind::LogonRefused: return exercise_struct<LogonRefused>(payload);
    case PacketKind::Logoff: return Fate::kDecoded;
    case PacketKind::Heartbeat: return exercise_struct<Heartbeat>(payload);
    case PacketKind::Command: return exercise_command(prefix.type, payload);
    case PacketKind::Reports: return exercise_reports(payload);
    case PacketKind::Decision: return exercise_struct<Decision>(payload);
    case PacketKind::Busy: return exercise_struct<Busy>(payload);
    case PacketKind::FeedSubscribe: return exercise_struct<FeedSubscribe>(payload);
    case PacketKind::Query: return exercise_struct<Query>(payload);
    case PacketKind::QueryReply: return exercise_reply(payload);
    case PacketKind::None: break;
  }
  fatal("a packet of no kind was parsed", __FILE__, __LINE__);
}

}  // namespace saker::proto
