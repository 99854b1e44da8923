// Logon: both sides against each other, and against everything that can go wrong in between.
#include "proto/handshake.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "proto/samples.hpp"

namespace saker::proto {
namespace {

using Outcome = HandshakeServer::Outcome;
using Drop = HandshakeServer::Drop;
using Event = HandshakeClient::Event;
using State = HandshakeClient::State;

constexpr TimeNs kStart = 1'700'000'000'000'000'000;
constexpr std::uint64_t kMs = 1'000'000;
constexpr PeerAddress kPeer{0x7F000001, 40'000};

Key server_secret(std::uint8_t fill = 3) {
  Key key;
  key.bytes.fill(fill);
  return key;
}

struct Wire {
  alignas(8) std::byte bytes[kMaxDatagramBytes] = {};
  std::size_t size = 0;
  std::span<std::byte> datagram() { return {bytes, size}; }
  Prefix prefix() {
    Prefix out;
    EXPECT_EQ(parse_prefix(datagram(), out), FrameError::None);
    return out;
  }
};

class Handshake : public ::testing::Test {
 protected:
  Handshake() : server_(server_secret(), 16), client_(client_config()) {}

  static HandshakeClient::Config client_config() {
    HandshakeClient::Config config;
    config.session = 10;
    config.keys = derive_logon_keys(sample_secret());
    return config;
  }

  Wire poll() {
    Wire wire;
    wire.size = client_.poll(now_ns_, wire.bytes);
    return wire;
  }
  /// The client's datagram at the server; the answer, if any, in `reply`.
  HandshakeServer::Result serve(Wire wire, Wire& reply, PeerAddress peer = kPeer) {
    const Prefix prefix = wire.prefix();
    const std::size_t asked = wire.size;
    const auto result = server_.on_datagram(prefix, wire.datagram(), peer, now_ns_,
                                            client_config().keys, reply.bytes);
    reply.size = result.reply_bytes;
    EXPECT_LE(reply.size, asked) << "no answer is longer than the question";
    return result;
  }
  Event hear(Wire wire) { return client_.on_datagram(wire.prefix(), wire.datagram(), now_ns_); }

  /// As the engine answers a confirmed logon.
  Wire accept(std::uint64_t client_nonce, std::uint8_t version = 1) {
    Prefix prefix;
    prefix.kind = PacketKind::LogonAccepted;
    prefix.session = 10;
    const LogonAccepted accepted(client_nonce, 4, 101, 42, 9, 0, 1, 2, 3, 1'000, 5'000, 1'024, 256,
                                 1'024, version, CommitPolicy::Disk, 0, 0);
    Wire wire;
    wire.size = encode_datagram(prefix, accepted, client_config().keys.to_client, wire.bytes);
    return wire;
  }

  /// Up to the client's confirm.
  Wire confirm(std::uint64_t nonce = 77) {
    client_.start(now_ns_, nonce, 42);
    Wire challenge;
    EXPECT_EQ(serve(poll(), challenge).outcome, Outcome::kReply);
    EXPECT_EQ(hear(challenge), Event::kNone);
    EXPECT_EQ(client_.state(), State::kConfirming);
    return poll();
  }

  TimeNs now_ns_ = kStart;
  HandshakeServer server_;
  HandshakeClient client_;
};

TEST_F(Handshake, LogsOn) {
  client_.start(now_ns_, 77, 42);
  const Wire request = poll();
  EXPECT_EQ(request.size, kLogonRequestBytes);
  Wire challenge;
  EXPECT_EQ(serve(request, challenge).outcome, Outcome::kReply);
  EXPECT_EQ(challenge.prefix().kind, PacketKind::LogonChallenge);
  EXPECT_EQ(hear(challenge), Event::kNone);
  Wire none;
  const auto result = serve(poll(), none);
  ASSERT_EQ(result.outcome, Outcome::kConfirmed);
  EXPECT_FALSE(result.repeated);
  EXPECT_EQ(result.version, 1);
  EXPECT_EQ(result.request.client_nonce(), 77u);
  EXPECT_EQ(result.request.next_report_sequence(), 42u);
  EXPECT_EQ(result.request.heartbeat_ms(), 1'000u);
  EXPECT_EQ(hear(accept(77)), Event::kAccepted);
  EXPECT_EQ(client_.accepted().next_client_sequence(), 101u);
  EXPECT_EQ(client_.accepted().connection(), 4u);
  EXPECT_EQ(hear(accept(77)), Event::kIgnored);
  EXPECT_EQ(client_.next_deadline_ns(), ~TimeNs{0});
  EXPECT_EQ(poll().size, 0u);
}

TEST_F(Handshake, RetriesWithGrowingPauses) {
  client_.start(now_ns_, 77, 1);
  EXPECT_GT(poll().size, 0u);
  std::uint64_t pause_ns = 50 * kMs;
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(client_.next_deadline_ns(), now_ns_ + pause_ns);
    now_ns_ += pause_ns - 1;
    EXPECT_EQ(poll().size, 0u);
    now_ns_ += 1;
    EXPECT_EQ(poll().prefix().kind, PacketKind::LogonRequest);
    pause_ns = std::min<std::uint64_t>(2 * pause_ns, 1'000 * kMs);
  }
  EXPECT_EQ(pause_ns, 1'000 * kMs);
}

TEST_F(Handshake, ARepeatedConfirmIsKnownAsSuch) {
  const Wire sent = confirm();
  Wire reply;
  EXPECT_FALSE(serve(sent, reply).repeated);
  const auto again = serve(sent, reply);
  EXPECT_EQ(again.outcome, Outcome::kConfirmed);
  EXPECT_TRUE(again.repeated);
}

TEST_F(Handshake, AnOlderConfirmIsNotAcceptedAfterANewerOne) {
  const Wire older = confirm(77);
  now_ns_ += 100 * kMs;
  const Wire newer = confirm(78);
  Wire reply;
  EXPECT_EQ(serve(newer, reply).outcome, Outcome::kConfirmed);
  const auto replayed = serve(older, reply);
  EXPECT_EQ(replayed.outcome, Outcome::kDropped);
  EXPECT_EQ(replayed.drop, Drop::kStale);
}

TEST_F(Handshake, TheCookieIsBoundToTheAddress) {
  const Wire sent = confirm();
  for (const PeerAddress other : {PeerAddress{kPeer.address + 1, kPeer.port},
                                  PeerAddress{kPeer.address, static_cast<std::uint16_t>(
                                                                 kPeer.port + 1)}}) {
    Wire reply;
    EXPECT_EQ(serve(sent, reply, other).outcome, Outcome::kReply);
    const auto* refused = decode<LogonRefused>(payload_of(reply.datagram()));
    ASSERT_NE(refused, nullptr);
    EXPECT_EQ(refused->reason(), Reason::LOGON_BAD_CONFIRM);
  }
  Wire reply;
  EXPECT_EQ(serve(sent, reply).outcome, Outcome::kConfirmed);
}

TEST_F(Handshake, TheCookieExpires) {
  const Wire sent = confirm();
  now_ns_ += 5'000 * kMs;
  Wire reply;
  EXPECT_EQ(serve(sent, reply).outcome, Outcome::kConfirmed) << "at the very end";
  now_ns_ += 1;
  EXPECT_EQ(serve(sent, reply).outcome, Outcome::kReply);
}

TEST_F(Handshake, AClockThatStepsBackLocksNobodyOut) {
  Wire reply;
  EXPECT_EQ(serve(confirm(77), reply).outcome, Outcome::kConfirmed);
  now_ns_ -= 3'600'000 * kMs;
  for (std::uint64_t nonce = 80; nonce < 83; ++nonce) {
    const auto result = serve(confirm(nonce), reply);
    EXPECT_EQ(result.outcome, Outcome::kConfirmed);
    EXPECT_FALSE(result.repeated);
  }
}

TEST_F(Handshake, TheCookieIsOfOneProcess) {
  const Wire sent = confirm();
  server_ = HandshakeServer(server_secret(4), 16);
  Wire reply;
  EXPECT_EQ(serve(sent, reply).outcome, Outcome::kReply);
  // The client starts over with another nonce, by itself.
  EXPECT_EQ(hear(reply), Event::kNone);
  EXPECT_EQ(client_.state(), State::kRequesting);
  EXPECT_EQ(poll().size, 0u) << "after a pause only: the server may be hurting";
  now_ns_ = client_.next_deadline_ns();
  Wire challenge;
  EXPECT_EQ(serve(poll(), challenge).outcome, Outcome::kReply);
  EXPECT_EQ(hear(challenge), Event::kNone);
  const auto result = serve(poll(), reply);
  EXPECT_EQ(result.outcome, Outcome::kConfirmed);
  EXPECT_EQ(result.request.client_nonce(), 78u);
}

TEST_F(Handshake, AnUnansweredConfirmLeadsBackToTheRequest) {
  Wire wire = confirm();
  const TimeNs given_up_ns = now_ns_ + 3'000 * kMs;
  for (int i = 0; i < 100 && (wire.size == 0 || wire.prefix().kind == PacketKind::LogonConfirm);
       ++i) {
    EXPECT_EQ(client_.state() == State::kConfirming, now_ns_ < given_up_ns);
    now_ns_ = client_.next_deadline_ns();
    wire = poll();
  }
  EXPECT_GT(now_ns_, given_up_ns);
  EXPECT_EQ(wire.prefix().kind, PacketKind::LogonRequest);
  EXPECT_EQ(hear(accept(77)), Event::kIgnored) << "the answer to the old attempt";
}

TEST_F(Handshake, NothingWithoutTheSecretIsAnswered) {
  client_.start(now_ns_, 77, 1);
  Wire request = poll();
  for (std::size_t i = 0; i < request.size; ++i) {
    Wire bad = request;
    bad.bytes[i] ^= std::byte{1};
    Prefix prefix;
    if (parse_prefix(bad.datagram(), prefix) != FrameError::None) continue;
    Wire reply;
    const auto result = serve(bad, reply);
    EXPECT_EQ(result.outcome, Outcome::kDropped) << i;
    EXPECT_EQ(reply.size, 0u);
  }
  Wire reply;
  EXPECT_EQ(serve(request, reply).outcome, Outcome::kReply);
}

TEST_F(Handshake, ForeignSessionsAndKindsAreDropped) {
  for (const std::uint32_t session : {0u, 17u, 0xFFFFFFFFu}) {
    Prefix prefix;
    prefix.kind = PacketKind::LogonRequest;
    prefix.session = session;
    Wire wire;
    wire.size = encode_logon_request(prefix, LogonRequest(), client_config().keys.to_server,
                                     wire.bytes);
    Wire reply;
    EXPECT_EQ(serve(wire, reply).drop, Drop::kSession) << session;
  }
  Wire reply;
  EXPECT_EQ(serve(accept(77), reply).drop, Drop::kTag) << "its own words, of the other direction";
}

TEST_F(Handshake, AShortRequestIsNotAnswered) {
  Prefix prefix;
  prefix.kind = PacketKind::LogonRequest;
  prefix.session = 10;
  Wire wire;
  wire.size = encode_datagram(prefix, LogonRequest(77, 1, 0, 1, 1, 0, 0),
                              client_config().keys.to_server, wire.bytes);
  Wire reply;
  EXPECT_EQ(serve(wire, reply).drop, Drop::kTooShort);
}

TEST_F(Handshake, VersionsAreNegotiated) {
  struct Case {
    std::uint8_t server_min, server_max, client_min, client_max, agreed;  // 0: refused
  };
  for (const Case& c : {Case{1, 1, 1, 1, 1}, {1, 3, 2, 2, 2}, {1, 3, 2, 9, 3}, {2, 3, 1, 2, 2},
                        {2, 3, 1, 1, 0}, {1, 2, 3, 4, 0}, {1, 9, 5, 4, 0}}) {
    HandshakeServer::Config server;
    server.min_version = c.server_min;
    server.max_version = c.server_max;
    server_ = HandshakeServer(server_secret(), 16, server);
    HandshakeClient::Config client = client_config();
    client.min_version = c.client_min;
    client.max_version = c.client_max;
    client_ = HandshakeClient(client);
    client_.start(now_ns_, 77, 1);
    Wire reply;
    EXPECT_EQ(serve(poll(), reply).outcome, Outcome::kReply);
    if (c.agreed == 0) {
      EXPECT_EQ(hear(reply), Event::kRefused);
      EXPECT_EQ(client_.refused().reason(), Reason::LOGON_VERSION_UNSUPPORTED);
      EXPECT_EQ(client_.refused().min_version(), c.server_min);
      EXPECT_EQ(client_.refused().max_version(), c.server_max);
      continue;
    }
    EXPECT_EQ(hear(reply), Event::kNone);
    EXPECT_EQ(serve(poll(), reply).version, c.agreed);
    EXPECT_EQ(hear(accept(77, c.agreed)), Event::kAccepted);
  }
}

TEST_F(Handshake, TheClientBelievesOnlyItsOwnServer) {
  confirm();
  Wire forged = accept(77);
  forged.bytes[60] ^= std::byte{1};
  EXPECT_EQ(hear(forged), Event::kIgnored);
  EXPECT_EQ(hear(accept(76)), Event::kIgnored) << "the answer to another attempt";
  EXPECT_EQ(hear(accept(77, 2)), Event::kIgnored) << "a version it cannot speak";
  Wire foreign = accept(77);
  const std::uint32_t other_session = 11;
  std::memcpy(foreign.bytes + offsetof(Prefix, session), &other_session, 4);
  seal(foreign.datagram(), client_config().keys.to_client);
  EXPECT_EQ(hear(foreign), Event::kIgnored);
  EXPECT_EQ(hear(accept(77)), Event::kAccepted);
}

TEST_F(Handshake, ALostAcceptedIsAskedForAgain) {
  Wire sent = confirm();
  Wire reply;
  EXPECT_EQ(serve(sent, reply).outcome, Outcome::kConfirmed);
  now_ns_ = client_.next_deadline_ns();
  sent = poll();
  EXPECT_EQ(sent.prefix().kind, PacketKind::LogonConfirm);
  EXPECT_TRUE(serve(sent, reply).repeated);
  EXPECT_EQ(hear(accept(77)), Event::kAccepted);
}

TEST_F(Handshake, UntaggedWorksWhenBothSidesSaySo) {
  HandshakeClient::Config config = client_config();
  config.keys = derive_logon_keys(sample_secret(), false);
  client_ = HandshakeClient(config);
  client_.start(now_ns_, 77, 1);
  Wire request = poll();
  Wire reply;
  EXPECT_EQ(serve(request, reply).drop, Drop::kTag) << "a tagged server refuses it";
  const auto result = server_.on_datagram(request.prefix(), request.datagram(), kPeer, now_ns_,
                                          config.keys, reply.bytes);
  EXPECT_EQ(result.outcome, Outcome::kReply);
}

}  // namespace
}  // namespace saker::proto
