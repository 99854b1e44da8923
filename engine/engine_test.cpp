// The engine as a whole: order of outputs, room, jobs, restarts, the feed.
#include <gtest/gtest.h>

#include "engine/test_world.hpp"

namespace saker::engine::testing {
namespace {

using proto::CommandKind;
using proto::Reason;
using proto::ReportKind;
using proto::Side;

class EngineTest : public ::testing::Test {
 protected:
  void start() {
    world.config.session.orders = {};
    world.config.session.cancels = {};
    world.start();
    ASSERT_TRUE(one.logon());
    ASSERT_TRUE(two.logon());
  }
  void subscribe(TestClient& client, std::uint16_t port) {
    client.send_message(proto::PacketKind::FeedSubscribe, ++subscriptions,
                        proto::FeedSubscribe(0, 0, port, static_cast<std::uint16_t>(port + 1),
                                             0));
    world.commit();
  }
  std::uint64_t buy(TestClient& client, std::uint32_t account, std::int64_t price,
                    std::int64_t lots = 10) {
    return client.send(CommandKind::NewOrder, limit_order(account, Side::Buy, price, lots));
  }
  std::uint64_t sell(TestClient& client, std::uint32_t account, std::int64_t price,
                     std::int64_t lots = 10) {
    return client.send(CommandKind::NewOrder, limit_order(account, Side::Sell, price, lots));
  }

  World world;
  TestClient one{world, 2};
  TestClient two{world, 3};
  std::uint64_t subscriptions = 0;
};

/// Feed messages that went to `to`, checked to be numbered without a gap.
std::vector<proto::FeedMessage> feed_to(World& world, net::Endpoint to, std::uint8_t line) {
  std::vector<proto::FeedMessage> messages;
  std::uint64_t next = 0;
  for (const Packet& packet : world.network.sent()) {
    if (packet.peer != to) continue;
    const Bytes bytes{packet.bytes.data(), packet.size};
    proto::FeedHeader header;
    EXPECT_EQ(proto::parse_feed_header(bytes, header), proto::FeedError::None);
    EXPECT_EQ(header.line, line);
    if (header.kind != proto::FeedPacketKind::Data) continue;
    proto::FeedPacket content;
    EXPECT_EQ(proto::decode_feed_packet(header, proto::feed_payload_of(bytes), content),
              proto::FeedError::None);
    EXPECT_TRUE(next == 0 || header.first_sequence == next);
    next = header.first_sequence + content.messages.size();
    EXPECT_GE(header.released_sequence, next - 1);
    messages.insert(messages.end(), content.messages.begin(), content.messages.end());
  }
  return messages;
}

TEST_F(EngineTest, FeedLeavesBeforeThePrivateReports) {
  start();
  subscribe(two, 7'000);
  world.network.clear();
  buy(one, 2, 2'500);
  sell(two, 3, 2'500);
  world.commit();
  const net::Endpoint line_a{two.peer.address, 7'000};
  const net::Endpoint line_b{two.peer.address, 7'001};
  bool feed_seen = false;
  std::size_t reports = 0;
  for (const Packet& packet : world.network.sent()) {
    if (packet.peer == line_a) feed_seen = true;
    if (packet.peer != one.peer && packet.peer != two.peer) continue;
    ++reports;
    EXPECT_TRUE(feed_seen);
  }
  EXPECT_EQ(reports, 2u);
  const auto a = feed_to(world, line_a, 0);
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(a[0].kind(), proto::FeedKind::OrderAdded);
  EXPECT_EQ(a[1].kind(), proto::FeedKind::OrderExecuted);
  EXPECT_EQ(feed_to(world, line_b, 1).size(), 2u);
}

TEST_F(EngineTest, LongBurstKeepsTheOrderAndSharesDatagrams) {
  start();
  subscribe(two, 7'000);
  world.network.clear();
  for (int i = 0; i < 100; ++i) buy(one, 2, 2'000 + i);
  world.commit();
  // Every report's feed message has left when the report leaves.
  std::uint64_t feed_out = 0;
  std::uint64_t reports_out = 0;
  for (const Packet& packet : world.network.sent()) {
    const Bytes bytes{packet.bytes.data(), packet.size};
    if (packet.peer == net::Endpoint{two.peer.address, 7'000}) {
      proto::FeedHeader header;
      ASSERT_EQ(proto::parse_feed_header(bytes, header), proto::FeedError::None);
      feed_out += header.count;
    }
    if (packet.peer != one.peer) continue;
    reports_out += proto::decode_reports(proto::payload_of(bytes)).size();
    EXPECT_LE(reports_out, feed_out);
  }
  EXPECT_EQ(reports_out, 100u);
  EXPECT_EQ(world.engine->metrics().report_packets, 13u);
  EXPECT_EQ(one.receive().datagrams, 13u);
}

TEST_F(EngineTest, SubscriptionGoesToOwnAddressAndEndsWithTheSession) {
  start();
  one.send_message(proto::PacketKind::FeedSubscribe, 1,
                   proto::FeedSubscribe(0x08080808, 0, 7'000, 0, 0));
  world.commit();
  EXPECT_EQ(world.engine->subscribers(), 0u);
  EXPECT_EQ(world.dropped(Drop::subscribe_denied), 1u);
  subscriptions = 1;
  subscribe(one, 7'000);
  EXPECT_EQ(world.engine->subscribers(), 1u);
  one.logoff();
  world.commit();
  EXPECT_EQ(world.engine->subscribers(), 0u);
}

TEST_F(EngineTest, FeedHeartbeatsCarryTheReleasedSequence) {
  start();
  subscribe(two, 7'000);
  buy(one, 2, 2'500);
  world.poll();  // applied, not committed
  world.network.clear();
  world.clock.time_ns += 300'000'000;
  world.poll();
  const std::uint64_t applied = world.core->next_feed_sequence() - 1;
  std::size_t heartbeats = 0;
  for (const Packet& packet : world.network.sent()) {
    if (packet.peer != net::Endpoint{two.peer.address, 7'000}) continue;
    proto::FeedHeader header;
    ASSERT_EQ(proto::parse_feed_header(Bytes{packet.bytes.data(), packet.size}, header),
              proto::FeedError::None);
    ++heartbeats;
    EXPECT_EQ(header.released_sequence, applied - 1);
  }
  EXPECT_EQ(heartbeats, 1u);
}

TEST_F(EngineTest, FullRingRefusesOrdersAndLetsCancelsThrough) {
  start();
  // The disk stands still: outputs pile up until new orders find no room.
  std::size_t sent = 0;
  std::uint64_t refused = 0;
  while (world.engine->metrics().busy_output_full + world.engine->metrics().busy_log_full == 0) {
    buy(one, 2, 2'500);
    world.poll();
    ASSERT_LT(++sent, 100'000u);
  }
  const Inbox inbox = one.receive();
  ASSERT_EQ(inbox.busy.size(), 1u);
  refused = inbox.busy[0].client_sequence();
  const Sequence before = world.core->sequence();
  two.send(CommandKind::CancelOrder, proto::CancelOrder(1, 0, 3, 0));
  world.poll();
  EXPECT_EQ(world.core->sequence(), before + 1);
  // The disk goes on: the same number is taken.
  world.commit();
  one.send_as(refused, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
  world.commit();
  EXPECT_EQ(world.core->session(SessionId{2}).highest_client_sequence, refused);
  EXPECT_EQ(one.receive().reports.size(), sent);
}

TEST_F(EngineTest, ReservesEndInBusyToo) {
  start();
  while (world.engine->metrics().busy_output_full + world.engine->metrics().busy_log_full == 0) {
    buy(one, 2, 2'500);
    world.poll();
  }
  for (std::uint32_t i = 0; i < world.config.reserved_commands * 1'000; ++i) {
    two.send_as(two.next_sequence++, CommandKind::CancelOrder, proto::CancelOrder(1, 0, 3, 0));
    world.poll();
    if (!two.receive().busy.empty()) return;
  }
  FAIL() << "cancels went on for ever without the disk";
}

TEST_F(EngineTest, FullDiskRefusesOrdersAndTakesCancels) {
  world.log_config.segment_bytes = 256u << 10;
  world.log_config.reserve_bytes = 64u << 10;
  world.log_storage.capacity_bytes = 700u << 10;  // two segments
  start();
  std::uint64_t refused = 0;
  for (int i = 0; i < 20'000 && refused == 0; ++i) {
    buy(one, 2, 2'500, 1);
    world.commit();
    for (const proto::Busy& busy : one.receive().busy) {
      EXPECT_EQ(busy.reason(), Reason::BUSY_DISK_FULL);
      refused = busy.client_sequence();
    }
    world.network.clear();
  }
  ASSERT_NE(refused, 0u);
  EXPECT_FALSE(world.log->failed());
  one.send(CommandKind::MassCancel, proto::MassCancel(5, 2, 0, proto::Scope::Account, 0, 0, 0));
  world.commit();
  for (int i = 0; i < 10; ++i) world.commit();
  EXPECT_LT(world.core->open_order_count(), 500u);
  // Space again: the number that was refused is taken.
  world.log_storage.capacity_bytes = 8u << 20;
  world.clock.time_ns += 200'000'000;
  world.commit();
  world.commit();
  one.send_as(refused, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 1));
  one.receive();
  world.commit();
  const Inbox inbox = one.receive();
  EXPECT_TRUE(inbox.busy.empty());
}

TEST_F(EngineTest, FailedSyncReleasesNothingMore) {
  start();
  world.log_storage.fault = [](journal::MemoryStorage::Op op, std::string_view) {
    return op == journal::MemoryStorage::Op::sync ? journal::IoStatus::io_error
                                                  : journal::IoStatus::ok;
  };
  buy(one, 2, 2'500);
  world.commit();
  EXPECT_TRUE(world.engine->failed());
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 0u);
}

TEST_F(EngineTest, LargeSweepFinishesBeforeAnythingElse) {
  start();
  for (int i = 0; i < 200; ++i) sell(one, 2, 2'500, 1);
  world.commit();
  buy(two, 3, 2'500, 200);
  sell(one, 2, 2'600, 1);  // right behind it in the same burst
  world.poll();
  EXPECT_FALSE(world.core->has_urgent_job());
  world.commit();
  const Inbox inbox = two.receive();
  std::int64_t filled = 0;
  for (const proto::Report& report : inbox.reports) {
    if (report.kind() == ReportKind::OrderFilled) filled += report.quantity_lots();
  }
  EXPECT_EQ(filled, 200);
  EXPECT_GE(world.engine->metrics().continues, 6u);
  EXPECT_EQ(world.core->open_order_count(), 1u);
}

TEST_F(EngineTest, MassCancelStormDoesNotStopOthers) {
  start();
  for (int i = 0; i < 1'500; ++i) {
    buy(one, 2, 2'000 + i % 100);
    if (i % 50 == 0) world.commit();
  }
  world.commit();
  one.receive();
  world.network.clear();
  // The storm: a mass cancel with every round; the other session's orders are all answered in
  // the round in which they came.
  std::uint64_t answered = 0;
  std::uint64_t rounds = 0;
  do {
    one.send(CommandKind::MassCancel,
             proto::MassCancel(rounds, 2, 0, proto::Scope::Account, 0, 0, 0));
    for (int i = 0; i < 4; ++i) buy(two, 3, 1'000, 1);
    world.poll();
    world.write_log();
    world.poll();
    for (const proto::Report& report : two.receive().reports) {
      if (report.kind() == ReportKind::OrderAccepted) ++answered;
    }
    world.network.clear();
    ++rounds;
  } while (world.core->has_job() && rounds < 1'000);
  EXPECT_EQ(answered, 4 * rounds);
  EXPECT_GT(rounds, 5u);    // a step now and then, not all at once
  EXPECT_LT(rounds, 500u);  // and it does end
}

TEST_F(EngineTest, NoiseStopsNeitherJobsNorTheClock) {
  start();
  for (int i = 0; i < 400; ++i) buy(one, 2, 2'000 + i % 100);
  world.commit();
  one.send(CommandKind::MassCancel, proto::MassCancel(1, 2, 0, proto::Scope::Account, 0, 0, 0));
  world.commit();
  const std::array<std::byte, 100> noise{};
  for (int i = 0; i < 40; ++i) {
    one.deliver(noise);
    world.poll();
    one.deliver(noise);
    world.write_log();
    world.poll();
  }
  EXPECT_EQ(world.core->open_order_count(), 0u);
  const std::uint64_t clocks = world.engine->metrics().clocks;
  world.clock.time_ns += 1'100'000'000;
  one.deliver(noise);
  world.poll();
  EXPECT_EQ(world.engine->metrics().clocks, clocks + 1);
}

TEST_F(EngineTest, SweepWithoutRoomHoldsEverythingUntilItCanGoOn) {
  start();
  for (int i = 0; i < 3'000; ++i) {
    sell(one, 2, 2'500, 1);
    if (i % 100 == 99) world.commit();
  }
  buy(two, 3, 2'500, 3'000);
  world.poll();  // the disk stands still: the staging ring fills up in the middle of the sweep
  ASSERT_TRUE(world.core->has_urgent_job());
  two.receive();
  two.send(CommandKind::CancelOrder, proto::CancelOrder(1, 0, 3, 0));
  world.poll();
  const Inbox refused = two.receive();
  ASSERT_EQ(refused.busy.size(), 1u);
  EXPECT_EQ(refused.busy[0].reason(), Reason::BUSY_OUTPUT_FULL);
  for (int i = 0; i < 50 && world.core->has_urgent_job(); ++i) world.commit();
  EXPECT_FALSE(world.core->has_urgent_job());
  EXPECT_EQ(world.core->open_order_count(), 0u);
}

TEST_F(EngineTest, SlowSessionHoldsNobodyBack) {
  start();
  // Session two never acknowledges anything and its reports go nowhere.
  for (int i = 0; i < 500; ++i) {
    sell(two, 3, 2'500, 1);
    buy(one, 2, 2'500, 1);
    world.commit();
    world.network.clear();
  }
  buy(one, 2, 2'400, 1);
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 1u);
  EXPECT_TRUE(world.staging->empty());
}

TEST_F(EngineTest, RestartKeepsDecisionsAndOrders) {
  start();
  const std::uint64_t sequence = buy(one, 2, 2'500);
  world.commit();
  const Inbox first = one.receive();
  ASSERT_EQ(first.reports.size(), 1u);
  const std::uint64_t chain = world.core->chain_head();
  world.crash();
  world.start();
  EXPECT_EQ(world.core->epoch(), 1u);
  EXPECT_EQ(world.core->chain_head(), chain);
  EXPECT_EQ(world.core->open_order_count(), 1u);

  // The client does not know: it is told to log on, then resends.
  one.send_as(sequence, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
  world.commit();
  ASSERT_EQ(one.receive().refused.size(), 1u);
  ASSERT_TRUE(one.logon());
  EXPECT_EQ(one.accepted.next_client_sequence(), sequence + 1);
  EXPECT_EQ(one.accepted.next_report_sequence(), 2u);
  one.send_as(sequence, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
  world.commit();
  const Inbox again = one.receive();
  ASSERT_EQ(again.decisions.size(), 1u);
  EXPECT_EQ(again.decisions[0].order_id(), first.reports[0].order_id());
  EXPECT_EQ(world.core->open_order_count(), 1u);
}

TEST_F(EngineTest, UncommittedOrderIsGoneAfterACrashAndCanBeSentAgain) {
  start();
  const std::uint64_t sequence = buy(one, 2, 2'500);
  world.poll();
  EXPECT_EQ(one.receive().datagrams, 0u);
  world.crash();
  world.start();
  EXPECT_EQ(world.core->open_order_count(), 0u);
  ASSERT_TRUE(one.logon());
  EXPECT_EQ(one.accepted.next_client_sequence(), sequence);
  one.send_as(sequence, CommandKind::NewOrder, limit_order(2, Side::Buy, 2'500, 10));
  world.commit();
  EXPECT_EQ(one.receive().reports.size(), 1u);
}

TEST_F(EngineTest, RestartGivesGraceThenCancelsOnDisconnect) {
  start();
  buy(one, 2, 2'500);
  world.commit();
  world.crash();
  world.clock.time_ns += 3'600'000'000'000;
  world.start();
  world.pass_ms(1'500);
  EXPECT_TRUE(world.core->session(SessionId{2}).connected);
  EXPECT_EQ(world.core->open_order_count(), 1u);
  ASSERT_TRUE(two.logon());
  world.pass_ms(1'000);
  EXPECT_FALSE(world.core->session(SessionId{2}).connected);
  EXPECT_TRUE(world.core->session(SessionId{3}).connected);
  EXPECT_EQ(world.core->open_order_count(), 0u);
}

TEST_F(EngineTest, EpochsFollowThePolicyAndTheWayOfStopping) {
  start();
  world.crash();
  world.start();
  EXPECT_EQ(world.core->epoch(), 1u);  // disk: nothing released can be lost
  world.crash();
  world.config.policy = proto::CommitPolicy::Memory;
  world.start();
  EXPECT_EQ(world.core->epoch(), 1u);
  EXPECT_EQ(world.core->commit_policy(), proto::CommitPolicy::Memory);
  world.crash();
  world.start();
  EXPECT_EQ(world.core->epoch(), 2u);
  ASSERT_TRUE(one.logon());
  EXPECT_EQ(one.accepted.epoch(), 2u);
  for (int i = 0; i < 10 && !world.engine->poll_stop(world.clock.now_ns()); ++i) {
    world.write_log();
  }
  world.write_log();
  ASSERT_TRUE(world.log->close());
  world.crash();
  world.start();
  EXPECT_TRUE(world.recovered.clean_stop);
  EXPECT_EQ(world.core->epoch(), 2u);
}

TEST_F(EngineTest, NewEpochEvenWhenTheRunThatLostItsTailFollowedACleanStop) {
  world.config.policy = proto::CommitPolicy::Memory;
  start();
  for (int i = 0; i < 10 && !world.engine->poll_stop(world.clock.now_ns()); ++i) {
    world.write_log();
  }
  world.write_log();
  world.crash();
  world.start();
  EXPECT_EQ(world.core->epoch(), 1u);
  ASSERT_TRUE(one.logon());
  buy(one, 2, 2'500);
  world.poll();  // released from memory, never written
  EXPECT_EQ(one.receive().reports.size(), 1u);
  world.crash();
  world.start();
  EXPECT_EQ(world.core->epoch(), 2u);
}

TEST_F(EngineTest, InterruptedFirstStartGoesOn) {
  world.start();
  const Sequence whole = world.core->sequence();
  const Hash128 state = world.core->state_hash();
  for (const std::uint64_t batches : {0u, 1u, 2u, 7u}) {
    World other;
    other.log_config.max_batch_bytes = 512;  // every command in a batch of its own
    std::uint64_t syncs = 0;
    other.log_storage.fault = [&](journal::MemoryStorage::Op op, std::string_view) {
      if (op == journal::MemoryStorage::Op::sync && other.log != nullptr && ++syncs > batches) {
        throw std::runtime_error("killed");
      }
      return journal::IoStatus::ok;
    };
    EXPECT_THROW(other.start(), std::runtime_error);
    other.log_storage.fault = nullptr;
    other.crash();
    other.start();
    EXPECT_EQ(other.core->sequence(), whole);
    EXPECT_EQ(other.core->state_hash(), state) << batches;
  }
}

TEST_F(EngineTest, KeyOfAnOldEpochGetsARefusalNotSilence) {
  world.config.policy = proto::CommitPolicy::Memory;
  start();
  world.crash();
  world.start();
  ASSERT_EQ(world.core->epoch(), 2u);
  one.heartbeat();  // still with the key of epoch 1
  world.commit();
  EXPECT_EQ(one.receive().refused.size(), 1u);
}

TEST_F(EngineTest, StopReleasesEverythingFirst) {
  start();
  buy(one, 2, 2'500);
  world.poll();
  EXPECT_FALSE(world.engine->poll_stop(world.clock.now_ns()));
  EXPECT_EQ(one.receive().reports.size(), 0u);
  world.write_log();
  EXPECT_TRUE(world.engine->poll_stop(world.clock.now_ns()));
  EXPECT_EQ(one.receive().reports.size(), 1u);
}

TEST_F(EngineTest, ClockCommandsWhileIdleOnly) {
  start();
  const std::uint64_t before = world.engine->metrics().clocks;
  for (int i = 0; i < 10; ++i) {
    one.heartbeat();
    two.heartbeat();
    world.pass_ms(1'000);
  }
  const std::uint64_t ticks = world.engine->metrics().clocks - before;
  EXPECT_GE(ticks, 8u);
  EXPECT_LE(ticks, 11u);
}

TEST_F(EngineTest, RecoveredFeedIsReleasedAgain) {
  world.config.feed.multicast_a = {0xEF010101, 3'100};
  start();
  buy(one, 2, 2'500);
  world.commit();
  const std::uint64_t last = world.engine->released_feed_sequence();
  world.crash();
  world.staging = std::make_unique<StagingRing>(world.config.staging_bytes);
  StateRecovery recovery(world.log_storage, world.snapshot_storage, *world.staging, 4'096);
  const RecoveredState recovered = recovery.run();
  ASSERT_TRUE(recovered.error.empty());
  ASSERT_FALSE(world.staging->empty());
  std::uint64_t highest = 0;
  for (; !world.staging->empty(); world.staging->pop()) {
    const auto* entry = reinterpret_cast<const StagedCommand*>(world.staging->front());
    if (entry->feed_count != 0) {
      highest = entry->first_feed_sequence + entry->feed_count - 1;
    }
  }
  EXPECT_EQ(highest, last);
}

}  // namespace
}  // namespace saker::engine::testing
