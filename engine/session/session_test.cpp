// Sessions: what gets in, what is answered, and when.
#include <gtest/gtest.h>

#include "engine/test_world.hpp"

namespace saker::engine::testing {
namespace {

using proto::CommandKind;
using proto::Reason;
using proto::ReportKind;
using proto::Side;

class SessionTest : public ::testing::Test {
 protected:
  void start() {
    world.start();
    ASSERT_TRUE(one.logon());
  }
  std::uint64_t send_order(TestClient& client, std::uint32_t account, Side side = Side::Buy,
                           std::int64_t price = 2'500) {
    return client.send(CommandKind::NewOrder, limit_order(account, side, price, 10));
  }

  World world;
  TestClient one{world, 2};
  TestClient two{world, 3};
};

TEST_F(SessionTest, LogonTellsWhereBothSidesStand) {
  world.config.build_hash = 11;
  world.config.config_hash = 22;
  start();
  EXPECT_EQ(one.accepted.connection(), world.clock.now_ns() / 1'000);
  EXPECT_EQ(one.accepted.next_client_sequence(), 1u);
  EXPECT_EQ(one.accepted.next_report_sequence(), 1u);
  EXPECT_EQ(one.accepted.epoch(), 1u);
  EXPECT_EQ(one.accepted.build_hash(), 11u);
  EXPECT_EQ(one.accepted.config_hash(), 22u);
  EXPECT_EQ(one.accepted.heartbeat_ms(), 1'000u);
  EXPECT_EQ(one.accepted.timeout_ms(), 5'000u);
  EXPECT_EQ(one.accepted.max_in_flight(), core::kMaxInFlight);
  EXPECT_EQ(one.accepted.policy(), proto::CommitPolicy::Disk);
  EXPECT_TRUE(world.core->session(SessionId{2}).connected);

  world.clock.time_ns += 1;
  ASSERT_TRUE(one.logon(1));  // again, wishing for more than is allowed
  EXPECT_EQ(one.accepted.connection(), world.clock.now_ns() / 1'000 + 1) << "rises all the same";
  EXPECT_EQ(one.accepted.heartbeat_ms(), world.config.session.heartbeat_min_ms);
}

TEST_F(SessionTest, ReportsThatLeaveBeforeLogonAcceptedAreThoseItTellsToBeMissing) {
  start();
  for (int i = 0; i < 300; ++i) send_order(one, 2);
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 300u);
  one.send(CommandKind::MassCancel,
           proto::MassCancel(0, 2, 0, proto::Scope::Account, 0, 0, 0));
  one.begin_logon();
  one.poll_handshake();
  world.commit();
  const Inbox before = one.receive();
  ASSERT_FALSE(before.reports.empty());
  one.poll_handshake();
  world.commit();
  const Inbox after = one.receive();
  ASSERT_TRUE(one.logged_on());
  EXPECT_TRUE(world.core->has_job()) << "the cancelling was over too soon";
  ASSERT_FALSE(after.early.empty());
  ASSERT_FALSE(after.reports.empty());
  EXPECT_EQ(after.early[0].report_sequence(), before.reports.back().report_sequence() + 1);
  EXPECT_EQ(after.reports[0].report_sequence(), after.early.back().report_sequence() + 1);
  EXPECT_LE(after.reports[0].report_sequence(), one.accepted.next_report_sequence());
}

TEST_F(SessionTest, LogonIsAnsweredOnlyAfterItsCommit) {
  world.start();
  one.begin_logon();
  one.poll_handshake();
  world.poll();
  one.receive();
  one.poll_handshake();
  world.poll();
  one.receive();
  EXPECT_TRUE(world.core->session(SessionId{2}).connected);
  EXPECT_FALSE(one.logged_on());
  world.write_log();
  world.poll();
  one.receive();
  EXPECT_TRUE(one.logged_on());
}

TEST_F(SessionTest, NothingLeavesBeforeTheCommit) {
  start();
  send_order(one, 2);
  for (int round = 0; round < 5; ++round) world.poll();
  EXPECT_EQ(world.core->open_order_count(), 1u);
  EXPECT_EQ(one.receive().datagrams, 0u);
  world.write_log();
  world.poll();
  const Inbox inbox = one.receive();
  ASSERT_EQ(inbox.reports.size(), 1u);
  EXPECT_EQ(inbox.reports[0].kind(), ReportKind::OrderAccepted);
  EXPECT_EQ(inbox.reports[0].client_sequence(), 1u);
  EXPECT_EQ(inbox.reports[0].report_sequence(), 1u);
  EXPECT_EQ(inbox.reports[0].chain_head(), world.core->chain_head());
  EXPECT_EQ(inbox.reports[0].received_ns(), world.clock.now_ns());
  EXPECT_GT(inbox.reports[0].released_ns(), 0u);
  EXPECT_GT(inbox.reports[0].matched_ns(), 0u);
}

/// Datagrams of three sessions leave together; receive() holds each to its own session's key.
TEST_F(SessionTest, AnswersOfOneReleaseAreSealedForTheirSessions) {
  start();
  ASSERT_TRUE(two.logon());
  TestClient admin{world, 1};
  ASSERT_TRUE(admin.logon());
  for (int round = 0; round < 2; ++round) {
    send_order(one, 2, Side::Buy, 2'400);
    send_order(two, 3, Side::Buy, 2'300);
    if (round == 1) send_order(one, 2, Side::Buy, 2'350);  // one datagram is longer
    send_order(admin, 2);
    world.commit();
    EXPECT_EQ(one.receive().reports.size(), round + 1u);
    EXPECT_EQ(two.receive().reports.size(), 1u);
    EXPECT_EQ(admin.receive().reports.size(), 1u);
  }
}

TEST_F(SessionTest, MemoryPolicyReleasesAtOnce) {
  world.config.policy = proto::CommitPolicy::Memory;
  start();
  send_order(one, 2);
  world.poll();
  EXPECT_EQ(one.receive().reports.size(), 1u);
}

TEST_F(SessionTest, ResendGetsTheFirstDecision) {
  start();
  const std::uint64_t sequence = send_order(one, 2);
  world.commit();
  const Inbox first = one.receive();
  ASSERT_EQ(first.reports.size(), 1u);
  const Sequence before = world.core->sequence();
  one.send_as(sequence, CommandKind::NewOrder, limit_order(2, Side::Sell, 9'999, 77));
  world.commit();
  const Inbox second = one.receive();
  ASSERT_EQ(second.decisions.size(), 1u);
  EXPECT_EQ(second.decisions[0].client_sequence(), sequence);
  EXPECT_EQ(second.decisions[0].engine_sequence(), first.reports[0].engine_sequence());
  EXPECT_EQ(second.decisions[0].report_sequence(), 1u);
  EXPECT_EQ(second.decisions[0].order_id(), first.reports[0].order_id());
  EXPECT_EQ(second.decisions[0].kind(), ReportKind::OrderAccepted);
  EXPECT_EQ(world.core->sequence(), before);
  EXPECT_EQ(world.core->open_order_count(), 1u);
}

TEST_F(SessionTest, DecisionOfAnUncommittedCommandWaits) {
  start();
  const std::uint64_t sequence = send_order(one, 2);
  world.poll();
  one.send_as(sequence, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
  world.poll();
  EXPECT_EQ(one.receive().datagrams, 0u);
  world.write_log();
  world.poll();
  const Inbox inbox = one.receive();
  EXPECT_EQ(inbox.reports.size(), 1u);
  EXPECT_EQ(inbox.decisions.size(), 1u);
}

TEST_F(SessionTest, RejectsAreDecisionsToo) {
  start();
  const std::uint64_t sequence = send_order(one, 3);  // not its account
  world.commit();
  const Inbox first = one.receive();
  ASSERT_EQ(first.reports.size(), 1u);
  EXPECT_EQ(first.reports[0].reason(), Reason::PERMISSION_ACCOUNT_NOT_GRANTED);
  one.send_as(sequence, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
  world.commit();
  const Inbox second = one.receive();
  ASSERT_EQ(second.decisions.size(), 1u);
  EXPECT_EQ(second.decisions[0].kind(), ReportKind::OrderRejected);
  EXPECT_EQ(second.decisions[0].reason(), Reason::PERMISSION_ACCOUNT_NOT_GRANTED);
  EXPECT_EQ(world.core->open_order_count(), 0u);
}

TEST_F(SessionTest, LateSkippedExpiredAndTooFar) {
  world.config.session.orders = {};
  start();
  const auto order = limit_order(3, Side::Buy, 2'500, 10);  // rejected, which is enough
  one.send_as(1'000, CommandKind::NewOrder, order);
  one.send_as(999, CommandKind::NewOrder, order);  // late but within the reorder window
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 2u);

  one.send_as(700, CommandKind::NewOrder, order);
  world.commit();
  Inbox inbox = one.receive();
  ASSERT_EQ(inbox.decisions.size(), 1u);
  EXPECT_EQ(inbox.decisions[0].reason(), Reason::SKIPPED_NEVER_APPLIED);
  EXPECT_EQ(inbox.decisions[0].engine_sequence(), 0u);

  one.send_as(1'000 + core::kMaxInFlight, CommandKind::NewOrder, order);
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 1u);
  one.send_as(900, CommandKind::NewOrder, order);
  world.commit();
  inbox = one.receive();
  ASSERT_EQ(inbox.decisions.size(), 1u);
  EXPECT_EQ(inbox.decisions[0].reason(), Reason::OUTCOME_EXPIRED);

  const Sequence before = world.core->sequence();
  one.send_as(1'001 + 2 * core::kMaxInFlight, CommandKind::NewOrder, order);
  world.commit();
  inbox = one.receive();
  ASSERT_EQ(inbox.busy.size(), 1u);
  EXPECT_EQ(inbox.busy[0].reason(), Reason::BUSY_WINDOW_EXCEEDED);
  EXPECT_EQ(world.core->sequence(), before);
}

TEST_F(SessionTest, ForgedTagIsCountedAndUnanswered) {
  start();
  proto::Prefix prefix = one.prefix(proto::PacketKind::Command, 1);
  prefix.type = static_cast<std::uint16_t>(CommandKind::NewOrder);
  alignas(8) std::array<std::byte, 256> datagram;
  const std::size_t size = proto::encode_datagram(
      prefix, limit_order(2, Side::Buy, 2'500, 10), one.keys.to_server, datagram);
  for (std::size_t byte = 0; byte < size; ++byte) {
    std::array<std::byte, 256> forged = datagram;
    forged[byte] ^= std::byte{1};
    one.deliver(Bytes{forged.data(), size});
  }
  const Sequence before = world.core->sequence();
  world.commit();
  EXPECT_EQ(one.receive().datagrams, 0u);
  EXPECT_EQ(world.core->sequence(), before);
  EXPECT_GE(world.dropped(Drop::bad_tag), size - 16);
}

TEST_F(SessionTest, ReflectedAndForeignDatagramsAreDropped) {
  start();
  send_order(one, 2);
  world.commit();
  // What the engine has sent comes back to it: other direction, other key.
  std::vector<std::byte> reflected;
  for (const Packet& packet : world.network.sent()) {
    if (packet.peer == one.peer) {
      reflected.assign(packet.bytes.begin(), packet.bytes.begin() + packet.size);
    }
  }
  ASSERT_FALSE(reflected.empty());
  one.deliver(reflected);
  world.commit();
  EXPECT_EQ(world.dropped(Drop::bad_kind), 1u);
}

TEST_F(SessionTest, OtherAddressIsDropped) {
  start();
  const net::Endpoint own = one.peer;
  one.peer.port += 1;
  send_order(one, 2);
  world.commit();
  EXPECT_EQ(one.receive().datagrams, 0u);
  EXPECT_EQ(world.dropped(Drop::wrong_address), 1u);
  one.peer = own;
  send_order(one, 2);
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 1u);
}

TEST_F(SessionTest, MalformedSizesAndContents) {
  start();
  const std::vector<std::byte> noise(2'000, std::byte{0x5A});
  const auto first = [&noise](std::size_t size) { return Bytes{noise.data(), size}; };
  one.deliver(first(47));
  one.deliver(first(48));
  one.deliver(first(1'401));
  // A good tag around a payload that is no FlatBuffer.
  proto::Prefix prefix = one.prefix(proto::PacketKind::Command, 1);
  prefix.type = static_cast<std::uint16_t>(CommandKind::NewOrder);
  alignas(8) std::array<std::byte, 256> datagram{};
  std::memcpy(datagram.data(), &prefix, sizeof(prefix));
  proto::seal(std::span(datagram).first(100), one.keys.to_server);
  one.deliver(Bytes{datagram.data(), 100});
  const Sequence before = world.core->sequence();
  world.commit();
  EXPECT_EQ(one.receive().datagrams, 0u);
  EXPECT_EQ(world.dropped(Drop::too_short), 1u);
  EXPECT_EQ(world.dropped(Drop::bad_magic), 1u);
  EXPECT_EQ(world.dropped(Drop::truncated), 1u);
  EXPECT_EQ(world.dropped(Drop::malformed), 1u);
  EXPECT_EQ(world.core->sequence(), before);
}

TEST_F(SessionTest, KindsThatClientsMayNotSendAreRefused) {
  start();
  one.send_as(1, CommandKind::SessionTimedOut, limit_order(2, Side::Buy, 2'500, 1));
  one.send_as(2, CommandKind::Genesis, limit_order(2, Side::Buy, 2'500, 1));
  one.send_as(3, static_cast<CommandKind>(999), limit_order(2, Side::Buy, 2'500, 1));
  const Sequence before = world.core->sequence();
  world.commit();
  const Inbox inbox = one.receive();
  ASSERT_EQ(inbox.busy.size(), 3u);
  EXPECT_EQ(inbox.busy[0].reason(), Reason::UNKNOWN_COMMAND);
  EXPECT_EQ(world.core->sequence(), before);
}

TEST_F(SessionTest, UnknownSessionsAndEpochs) {
  start();
  proto::Prefix prefix = one.prefix(proto::PacketKind::Command, 1);
  alignas(8) std::array<std::byte, 256> datagram;
  const auto send = [&] {
    one.deliver(Bytes{datagram.data(),
                      proto::encode_datagram(prefix, limit_order(2, Side::Buy, 2'500, 10),
                                             one.keys.to_server, datagram)});
    world.commit();
  };
  for (const std::uint32_t session : {0u, 7u, 8u, 9u, 0xFFFFFFFFu}) {
    prefix.session = session;
    send();
  }
  EXPECT_EQ(world.dropped(Drop::unknown_session), 5u);
  prefix = one.prefix(proto::PacketKind::Command, 1);
  for (const std::uint32_t epoch : {0u, 2u, 0xFFFFFFFFu}) {
    prefix.epoch = epoch;
    send();
  }
  EXPECT_EQ(world.dropped(Drop::wrong_epoch), 3u);
  EXPECT_EQ(one.receive().datagrams, 0u);
}

TEST_F(SessionTest, AReplayIsAnsweredOnlySoOften) {
  world.config.session.cancels = world.config.session.orders = {};
  world.config.session.answers = {1'000, 3};
  start();
  ASSERT_TRUE(two.logon());
  const std::uint64_t sequence = send_order(one, 2);
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 1u);
  const Sequence before = world.core->sequence();
  const auto replay = [&](int times) {
    for (int i = 0; i < times; ++i) {
      one.send_as(sequence, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
    }
    world.commit();
    return one.receive();
  };
  Inbox inbox = replay(10);
  EXPECT_EQ(inbox.decisions.size(), 3u);
  EXPECT_EQ(inbox.datagrams, 3u) << "the others get nothing at all";
  EXPECT_EQ(world.dropped(Drop::answer_limited), 7u);
  EXPECT_EQ(world.core->sequence(), before);
  // Neither the session's own business nor anybody else suffers.
  send_order(one, 2);
  one.send(CommandKind::CancelOrder, proto::CancelOrder(1, 0, 2, 0));
  const std::uint64_t others = send_order(two, 3);
  two.send_as(others, CommandKind::NewOrder, limit_order(3, Side::Buy, 2'500, 10));
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 2u);
  inbox = two.receive();
  EXPECT_EQ(inbox.reports.size(), 1u);
  EXPECT_EQ(inbox.decisions.size(), 1u);
  // Who asks once more later gets the answer. A second logon gives nobody a new quota.
  world.clock.time_ns += 2'000'000;
  EXPECT_EQ(replay(1).decisions.size(), 1u);
  ASSERT_TRUE(one.logon());
  EXPECT_EQ(replay(5).decisions.size(), 1u);
  EXPECT_EQ(world.dropped(Drop::answer_limited), 11u);
}

TEST_F(SessionTest, SkippedAndExpiredNumbersHaveTheSameQuotaOfAnswers) {
  world.config.session.answers = {1'000, 2};
  start();
  const auto order = limit_order(3, Side::Buy, 2'500, 10);  // rejected, which is enough
  one.send_as(1'000, CommandKind::NewOrder, order);
  one.send_as(1'000 + core::kMaxInFlight, CommandKind::NewOrder, order);
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 2u);
  for (const std::uint64_t number : {900, 1'100, 901, 1'101, 902}) {
    one.send_as(number, CommandKind::NewOrder, order);
  }
  world.commit();
  const Inbox inbox = one.receive();
  ASSERT_EQ(inbox.decisions.size(), 2u);
  EXPECT_EQ(inbox.decisions[0].reason(), Reason::OUTCOME_EXPIRED);
  EXPECT_EQ(inbox.decisions[1].reason(), Reason::SKIPPED_NEVER_APPLIED);
  EXPECT_EQ(world.dropped(Drop::answer_limited), 3u);
}

TEST_F(SessionTest, RateLimitLeavesCancelsTheirOwnQuota) {
  world.config.session.orders = {1'000, 5};
  world.config.session.cancels = {1'000, 5};
  start();
  for (int i = 0; i < 7; ++i) send_order(one, 2);
  for (int i = 0; i < 5; ++i) {
    one.send(CommandKind::CancelOrder, proto::CancelOrder(1, 0, 2, 0));
  }
  world.commit();
  Inbox inbox = one.receive();
  ASSERT_EQ(inbox.busy.size(), 2u);
  EXPECT_EQ(inbox.busy[0].reason(), Reason::BUSY_RATE);
  EXPECT_EQ(inbox.busy[0].client_sequence(), 6u);
  EXPECT_EQ(inbox.reports.size(), 10u);
  EXPECT_EQ(world.engine->metrics().busy_rate, 2u);
  // The number was not consumed: later it is taken.
  world.clock.time_ns += 1'000'000;
  one.send_as(6, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
  world.commit();
  inbox = one.receive();
  ASSERT_EQ(inbox.reports.size(), 1u);
  EXPECT_EQ(inbox.reports[0].client_sequence(), 6u);
}

TEST_F(SessionTest, LogoffAndWhatComesAfter) {
  start();
  one.logoff();
  world.poll();
  EXPECT_EQ(one.receive().datagrams, 0u);
  world.write_log();
  world.poll();
  EXPECT_EQ(one.receive().logoffs, 1u);
  EXPECT_FALSE(world.core->session(SessionId{2}).connected);
  send_order(one, 2);
  world.commit();
  const Inbox inbox = one.receive();
  ASSERT_EQ(inbox.refused.size(), 1u);
  EXPECT_EQ(inbox.refused[0].reason(), Reason::PERMISSION_NOT_LOGGED_ON);
  EXPECT_EQ(inbox.refused[0].connection(), one.accepted.connection());
  EXPECT_EQ(world.core->open_order_count(), 0u);
  // Not more often than every 10 ms.
  for (int i = 0; i < 10; ++i) send_order(one, 2);
  world.commit();
  EXPECT_EQ(one.receive().refused.size(), 0u);
  EXPECT_EQ(world.dropped(Drop::not_logged_on), 10u);
}

/// What a program sent before it logged on anew (or was killed) and what anybody kept of it.
TEST_F(SessionTest, NothingOfAFormerConnectionIsTaken) {
  start();
  alignas(8) std::array<std::byte, 256> kept;
  proto::Prefix prefix = one.prefix(proto::PacketKind::Command, 1);
  prefix.type = static_cast<std::uint16_t>(CommandKind::NewOrder);
  const std::size_t size = proto::encode_datagram(
      prefix, limit_order(2, Side::Buy, 2'500, 10), one.keys.to_server, kept);
  ASSERT_TRUE(one.logon());
  one.deliver(Bytes{kept.data(), size});
  world.commit();
  EXPECT_EQ(one.receive().datagrams, 0u);
  EXPECT_EQ(world.dropped(Drop::bad_tag), 1u);
  EXPECT_EQ(world.core->open_order_count(), 0u);
  EXPECT_EQ(world.core->session(SessionId{2}).highest_client_sequence, 0u);
  // The same command with the keys of now.
  one.send_as(1, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 1u);
  // After the end of the session only its last connection is told so.
  one.logoff();
  world.commit();
  one.receive();
  one.deliver(Bytes{kept.data(), size});
  world.commit();
  EXPECT_EQ(one.receive().datagrams, 0u);
  EXPECT_EQ(world.dropped(Drop::bad_tag), 2u);
}

TEST_F(SessionTest, ARestartedEngineKnowsTheLastConnection) {
  start();
  const std::uint64_t before = one.accepted.connection();
  world.crash();
  world.start();
  send_order(one, 2);
  world.commit();
  const Inbox inbox = one.receive();
  ASSERT_EQ(inbox.refused.size(), 1u);
  EXPECT_EQ(inbox.refused[0].connection(), before);
  world.clock.time_ns -= 3'600'000'000'000;  // and never counts backwards
  ASSERT_TRUE(one.logon());
  EXPECT_EQ(one.accepted.connection(), before + 1);
}

TEST_F(SessionTest, HeartbeatsShowALostTail) {
  start();
  send_order(one, 2);
  world.commit();
  one.receive();  // lost, as far as the engine knows
  world.pass_ms(50);
  Inbox inbox = one.receive();
  ASSERT_EQ(inbox.heartbeats.size(), 1u);
  EXPECT_EQ(inbox.heartbeats[0].next_sequence(), 2u);
  // Once; afterwards at the agreed interval.
  one.ack = 1;
  one.heartbeat();
  world.pass_ms(900);
  EXPECT_EQ(one.receive().heartbeats.size(), 0u);
  one.heartbeat();
  world.pass_ms(200);
  inbox = one.receive();
  ASSERT_EQ(inbox.heartbeats.size(), 1u);
  EXPECT_EQ(inbox.heartbeats[0].counter(), 2u);
}

TEST_F(SessionTest, SilenceEndsTheSessionAndCancels) {
  start();
  ASSERT_TRUE(two.logon());
  send_order(one, 2, Side::Buy, 2'400);
  send_order(two, 3, Side::Buy, 2'300);  // its session keeps orders
  world.commit();
  world.pass_ms(2'000);
  for (int i = 0; i < 5; ++i) {
    two.heartbeat();
    world.pass_ms(1'000);
  }
  EXPECT_FALSE(world.core->session(SessionId{2}).connected);
  EXPECT_TRUE(world.core->session(SessionId{3}).connected);
  EXPECT_EQ(world.core->open_order_count(), 1u);
  EXPECT_EQ(world.engine->metrics().timeouts, 1u);
  EXPECT_EQ(world.engine->sessions_bound(), 1u);
}

TEST_F(SessionTest, ReplayedHeartbeatKeepsNobodyAlive) {
  start();
  proto::Prefix prefix = one.prefix(proto::PacketKind::Heartbeat, one.accepted.connection());
  alignas(8) std::array<std::byte, 256> datagram;
  const std::size_t size = proto::encode_datagram(
      prefix, proto::Heartbeat(1, 1, world.clock.now_ns()), one.keys.to_server, datagram);
  for (int i = 0; i < 70; ++i) {
    one.deliver(Bytes{datagram.data(), size});
    world.pass_ms(100);
  }
  EXPECT_FALSE(world.core->session(SessionId{2}).connected);
  EXPECT_GT(world.dropped(Drop::replayed), 40u);
}

TEST_F(SessionTest, NobodyTimesOutForOurOwnStall) {
  start();
  world.pass_ms(2'500);
  one.heartbeat();
  world.commit();
  world.clock.time_ns += 60'000'000'000;  // the process stood still
  world.commit();
  EXPECT_TRUE(world.core->session(SessionId{2}).connected);
  one.heartbeat();
  world.pass_ms(3'000);
  EXPECT_TRUE(world.core->session(SessionId{2}).connected);
  world.pass_ms(5'000);
  EXPECT_FALSE(world.core->session(SessionId{2}).connected);
}

TEST_F(SessionTest, ClockThatStepsBackStopsNothing) {
  start();
  world.clock.time_ns -= 3'600'000'000'000;
  send_order(one, 2);
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 1u);
  world.pass_ms(1'500);
  EXPECT_GE(one.receive().heartbeats.size(), 1u);
  EXPECT_TRUE(world.core->session(SessionId{2}).connected);
}

TEST_F(SessionTest, LogonWithAWrongSecretGetsNoAnswer) {
  world.start();
  TestClient liar(world, 2);
  TestClient honest(world, 3);
  // Session 3's datagram with session 2's number: the tag cannot agree.
  honest.begin_logon();
  proto::HandshakeClient::Config config;
  config.session = 2;
  config.keys = proto::derive_logon_keys(*world.secrets.find(3));
  proto::HandshakeClient handshake(config);
  handshake.start(world.clock.now_ns(), 1, 1);
  alignas(8) std::array<std::byte, proto::kMaxDatagramBytes> buffer;
  const std::size_t size = handshake.poll(world.clock.now_ns(), buffer);
  liar.deliver(Bytes{buffer.data(), size});
  world.commit();
  EXPECT_EQ(world.network.sent().size(), 0u);
  EXPECT_EQ(world.dropped(Drop::bad_tag), 1u);
}

}  // namespace
}  // namespace saker::engine::testing
