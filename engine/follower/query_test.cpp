// Questions and answers over the wire: logon, permission, ranges, pages, limits, hostile input.
#include <gtest/gtest.h>

#include "engine/follower/test_follower.hpp"

namespace saker::follower {
namespace {

using proto::QueryKind;
using proto::QueryStatus;

class QueryTest : public ::testing::Test {
 protected:
  void start(int trades, FollowerConfig config = TestFollower::small()) {
    venue.set_up();
    venue.trade(trades);
    follower = std::make_unique<TestFollower>(venue, disks, config);
    follower->run();
    ASSERT_TRUE(follower->process.ready());
  }
  QueryStatus status_of(TestClient& client, QueryKind kind, const proto::Query& query) {
    proto::QueryReply reply;
    if (!client.ask(kind, query, reply)) {
      ADD_FAILURE() << "no answer";
      return QueryStatus::Busy;
    }
    return reply.header->status();
  }
  const core::Core& core() { return *venue.core; }

  TestVenue venue;
  TestDisks disks;
  std::unique_ptr<TestFollower> follower;
};

TEST_F(QueryTest, ReportsComeAgainAsTheyWere) {
  start(300);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  std::vector<proto::Report> expected;
  for (const proto::Report& report : venue.reports) {
    if (report.session() == 2) expected.push_back(report);
  }
  ASSERT_GT(expected.size(), 100u);
  EXPECT_EQ(client.accepted.next_report_sequence(), expected.size() + 1);
  std::uint64_t next = 1;
  while (next <= expected.size()) {
    proto::QueryReply reply;
    ASSERT_TRUE(client.ask(QueryKind::Reports, query_of(0, next), reply));
    ASSERT_EQ(reply.header->status(), QueryStatus::Ok);
    ASSERT_EQ(reply.header->from(), next);
    ASSERT_EQ(reply.header->to(), expected.size() + 1);
    ASSERT_FALSE(reply.reports.empty());
    for (const proto::Report& report : reply.reports) {
      EXPECT_EQ(std::memcmp(&report, &expected[next - 1], core::kReportStableBytes), 0);
      EXPECT_EQ(report.chain_head(), venue.chain_at(report.engine_sequence()));
      ++next;
    }
  }
}

TEST_F(QueryTest, RangesAreCutToWhatWasAskedFor) {
  start(100);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  proto::QueryReply reply;
  ASSERT_TRUE(client.ask(QueryKind::Reports, query_of(0, 5, 7), reply));
  ASSERT_EQ(reply.reports.size(), 2u);
  EXPECT_EQ(reply.reports[0].report_sequence(), 5u);
  const std::uint64_t next = core().session(SessionId{2}).next_report_sequence;
  ASSERT_TRUE(client.ask(QueryKind::Reports, query_of(0, next), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Ok);  // nothing more, and that is the answer
  EXPECT_TRUE(reply.reports.empty());
  ASSERT_TRUE(client.ask(QueryKind::Reports, query_of(0, 7, 5), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Ok);
  EXPECT_TRUE(reply.reports.empty());
}

TEST_F(QueryTest, DropCopyAndPermission) {
  start(100);
  TestClient trader(*follower, 2), other(*follower, 3), viewer(*follower, 4), admin(*follower, 1);
  for (TestClient* client : {&trader, &other, &viewer, &admin}) ASSERT_TRUE(client->log_on());
  for (const QueryKind kind : {QueryKind::DropCopy, QueryKind::OpenOrders, QueryKind::Balances}) {
    EXPECT_EQ(status_of(trader, kind, query_of(2)), QueryStatus::Ok);
    EXPECT_EQ(status_of(viewer, kind, query_of(2)), QueryStatus::Ok);
    EXPECT_EQ(status_of(admin, kind, query_of(2)), QueryStatus::Ok);
    EXPECT_EQ(status_of(other, kind, query_of(2)), QueryStatus::Denied);
    EXPECT_EQ(status_of(viewer, kind, query_of(3)), QueryStatus::Denied);
    EXPECT_EQ(status_of(trader, kind, query_of(99)), QueryStatus::Unknown);
    const bool of_all = kind == QueryKind::Balances;
    EXPECT_EQ(status_of(trader, kind, query_of(0)),
              of_all ? QueryStatus::Ok : QueryStatus::Unknown);
  }
  EXPECT_EQ(status_of(other, QueryKind::OrderStatus, query_of(2, 1)), QueryStatus::Denied);
  EXPECT_EQ(status_of(other, static_cast<QueryKind>(999), query_of(2, 1)), QueryStatus::Unknown);
  proto::QueryReply reply;
  ASSERT_TRUE(viewer.ask(QueryKind::DropCopy, query_of(2), reply));
  ASSERT_FALSE(reply.reports.empty());
  EXPECT_EQ(reply.reports[0].account_sequence(), 1u);
  EXPECT_EQ(reply.reports[0].kind(), proto::ReportKind::FundsChanged);
}

TEST_F(QueryTest, OpenOrdersArePagedFromOneMoment) {
  start(0);
  for (int i = 0; i < 100; ++i) {
    venue.new_order(2, 2, proto::Side::Buy, 50 + i % 7, 5, std::uint64_t(1000 + i));
  }
  venue.settle();
  follower->run();
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  proto::QueryReply reply;
  proto::Query query = query_of(2);
  ASSERT_TRUE(client.ask(QueryKind::OpenOrders, query, reply));
  ASSERT_EQ(reply.header->status(), QueryStatus::Ok);
  const std::uint64_t applied = reply.header->applied();
  const std::uint32_t pages = reply.header->pages();
  EXPECT_EQ(applied, core().sequence());
  EXPECT_GT(pages, 5u);
  query.mutate_snapshot(reply.header->snapshot());
  // Meanwhile the orders go away; the pages stay those of the moment.
  for (int i = 0; i < 100; ++i) {
    venue.submit(proto::CommandKind::CancelOrder, 2,
                 proto::CancelOrder(0, std::uint64_t(1000 + i), 2, 0));
  }
  venue.settle();
  follower->run();
  std::vector<std::uint64_t> ids;
  for (std::uint32_t page = 0; page < pages; ++page) {
    query.mutate_page(page);
    ASSERT_TRUE(client.ask(QueryKind::OpenOrders, query, reply));
    ASSERT_EQ(reply.header->status(), QueryStatus::Ok);
    EXPECT_EQ(reply.header->applied(), applied);
    for (const proto::OpenOrder& order : reply.orders) ids.push_back(order.client_order_id());
  }
  ASSERT_EQ(ids.size(), 100u);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], 1000 + i);
  query.mutate_page(pages);
  EXPECT_EQ(status_of(client, QueryKind::OpenOrders, query), QueryStatus::Unknown);
  query.mutate_page(0);
  query.mutate_subject(3);  // the same snapshot for something else
  EXPECT_EQ(status_of(client, QueryKind::OpenOrders, query), QueryStatus::SnapshotRequired);
  query.mutate_subject(2);
  follower->clock.time_ns += 60'000'000'000;
  EXPECT_EQ(status_of(client, QueryKind::OpenOrders, query), QueryStatus::SnapshotRequired);
}

TEST_F(QueryTest, BookSnapshotNamesItsFeedSequence) {
  start(200);
  TestClient client(*follower, 4);
  ASSERT_TRUE(client.log_on());
  proto::Query query = query_of(1);
  proto::QueryReply reply;
  ASSERT_TRUE(client.ask(QueryKind::BookSnapshot, query, reply));
  ASSERT_EQ(reply.header->status(), QueryStatus::Ok);
  EXPECT_EQ(reply.header->from(), core().next_feed_sequence());
  ASSERT_EQ(reply.definitions.size(), 1u);
  EXPECT_EQ(reply.definitions[0].market(), 1u);
  EXPECT_EQ(reply.definitions[0].phase(), proto::MarketPhase::Open);
  std::vector<proto::BookOrder> expected;
  for (const proto::Side side : {proto::Side::Buy, proto::Side::Sell}) {
    core().for_each_book_order(MarketId{1}, side,
                               [&](const proto::BookOrder& order) { expected.push_back(order); });
  }
  ASSERT_FALSE(expected.empty());
  std::vector<proto::BookOrder> got(reply.book.begin(), reply.book.end());
  query.mutate_snapshot(reply.header->snapshot());
  const std::uint32_t pages = reply.header->pages();
  for (std::uint32_t page = 1; page < pages; ++page) {
    query.mutate_page(page);
    ASSERT_TRUE(client.ask(QueryKind::BookSnapshot, query, reply));
    got.insert(got.end(), reply.book.begin(), reply.book.end());
  }
  ASSERT_EQ(got.size(), expected.size());
  EXPECT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(got[0])), 0);
  EXPECT_EQ(status_of(client, QueryKind::BookSnapshot, query_of(2)), QueryStatus::Unknown);
  EXPECT_EQ(status_of(client, QueryKind::BookSnapshot, query_of(0)), QueryStatus::Unknown);
}

TEST_F(QueryTest, FeedRangesCarryTheirDefinitions) {
  start(300);
  TestClient client(*follower, 3);
  ASSERT_TRUE(client.log_on());
  std::size_t got = 0;
  std::size_t defined = 0;
  while (got < venue.feed.size()) {
    proto::QueryReply reply;
    ASSERT_TRUE(client.ask(QueryKind::FeedRange, query_of(0, got + 1), reply));
    ASSERT_EQ(reply.header->status(), QueryStatus::Ok);
    ASSERT_EQ(reply.header->from(), got + 1);
    ASSERT_FALSE(reply.feed.empty());
    for (const proto::FeedMessage& message : reply.feed) {
      EXPECT_EQ(std::memcmp(&message, &venue.feed[got++], sizeof(message)), 0);
    }
    defined += reply.definitions.size();
  }
  EXPECT_EQ(defined, 1u);
  EXPECT_EQ(got + 1, core().next_feed_sequence());
}

TEST_F(QueryTest, BalancesMarketsAndOrderStatus) {
  start(100);
  venue.new_order(2, 3, proto::Side::Buy, 1, 7, 777'777);
  venue.settle();
  follower->run();
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  proto::QueryReply reply;
  ASSERT_TRUE(client.ask(QueryKind::Balances, query_of(3), reply));
  ASSERT_EQ(reply.balances.size(), 2u);
  for (const proto::Balance& balance : reply.balances) {
    const core::BalanceView view = core().balance(AccountId{3}, AssetId{balance.asset()});
    EXPECT_EQ(balance.available(), view.available);
    EXPECT_EQ(balance.held(), view.held);
  }
  ASSERT_TRUE(client.ask(QueryKind::Markets, query_of(0), reply));
  ASSERT_EQ(reply.definitions.size(), 1u);
  ASSERT_TRUE(client.ask(QueryKind::OrderStatus, query_of(3, 777'777), reply));
  ASSERT_EQ(reply.orders.size(), 1u);
  EXPECT_EQ(reply.orders[0].leaves_lots(), 7);
  EXPECT_EQ(status_of(client, QueryKind::OrderStatus, query_of(3, 888'888)), QueryStatus::Unknown);
}

TEST_F(QueryTest, TooOldMeansSnapshotRequired) {
  FollowerConfig config = TestFollower::small();
  config.history = {64, 64, 64};
  start(400, config);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  const std::uint64_t next = core().session(SessionId{2}).next_report_sequence;
  ASSERT_GT(next, 100u);
  EXPECT_EQ(status_of(client, QueryKind::Reports, query_of(0, 1)), QueryStatus::SnapshotRequired);
  EXPECT_EQ(status_of(client, QueryKind::Reports, query_of(0, next - 65)),
            QueryStatus::SnapshotRequired);
  EXPECT_EQ(status_of(client, QueryKind::Reports, query_of(0, next - 64)), QueryStatus::Ok);
  EXPECT_EQ(status_of(client, QueryKind::FeedRange, query_of(0, 1)),
            QueryStatus::SnapshotRequired);
  EXPECT_EQ(status_of(client, QueryKind::DropCopy, query_of(2, 1)),
            QueryStatus::SnapshotRequired);
  EXPECT_EQ(follower->count(k_answers_too_old), 4u);
}

TEST_F(QueryTest, AfterARestartTheOlderSnapshotKeepsHistory) {
  venue.set_up();
  std::uint64_t first = 0;
  for (int run = 0; run < 3; ++run) {
    TestFollower life(venue, disks);
    if (run == 1) first = core().session(SessionId{2}).next_report_sequence;
    venue.trade(60);
    life.run();
    ASSERT_TRUE(life.process.stop(life.clock.time_ns));
  }
  follower = std::make_unique<TestFollower>(venue, disks);
  follower->run();
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  proto::QueryReply reply;
  // Two snapshots are left, of the second and third run; history begins with the older one.
  ASSERT_TRUE(client.ask(QueryKind::Reports, query_of(0, 1), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::SnapshotRequired);
  const std::uint64_t oldest = reply.header->from();
  EXPECT_GT(oldest, first);
  EXPECT_LT(oldest, core().session(SessionId{2}).next_report_sequence);
  ASSERT_TRUE(client.ask(QueryKind::Reports, query_of(0, oldest), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Ok);
  EXPECT_EQ(reply.reports.front().report_sequence(), oldest);
}

TEST_F(QueryTest, AtLeastWaitsThenSaysNotYet) {
  start(10);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  proto::QueryReply reply;
  const Sequence next = core().sequence() + 1;
  client.send(QueryKind::Balances, query_of(2, 0, 0, next));
  follower->run();
  EXPECT_FALSE(client.receive(QueryKind::Balances, reply));
  venue.trade(1);
  follower->run();
  ASSERT_TRUE(client.receive(QueryKind::Balances, reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Ok);
  EXPECT_GE(reply.header->applied(), next);

  client.send(QueryKind::Reports, query_of(0, 100'000, 100'001));
  follower->run();
  EXPECT_FALSE(client.receive(QueryKind::Reports, reply));
  follower->clock.time_ns += 300'000'000;
  follower->run();
  ASSERT_TRUE(client.receive(QueryKind::Reports, reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::NotYet);
  EXPECT_EQ(follower->count(k_queries_waited), 2u);
}

TEST_F(QueryTest, ASessionOverItsRateIsToldBusy) {
  FollowerConfig config = TestFollower::small();
  config.query.per_second = 10;
  config.query.burst = 5;
  start(20, config);
  TestClient greedy(*follower, 2), modest(*follower, 3);
  ASSERT_TRUE(greedy.log_on() && modest.log_on());
  int ok = 0;
  for (int i = 0; i < 500; ++i) greedy.send(QueryKind::Reports, query_of(0, 1));
  follower->run();
  const auto replies = greedy.take();
  for (const auto& packet : replies) {
    proto::QueryReply reply;
    ASSERT_TRUE(proto::decode_query_reply(proto::payload_of(packet), reply));
    ok += reply.header->status() == QueryStatus::Ok ? 1 : 0;
  }
  EXPECT_EQ(ok, 5);
  EXPECT_LE(replies.size(), 5u + 100u);  // even "Busy" is not said without end
  EXPECT_EQ(follower->count(k_rate_limited), 495u);
  EXPECT_EQ(status_of(modest, QueryKind::Reports, query_of(0, 1)), QueryStatus::Ok);
}

TEST_F(QueryTest, NewSnapshotsAreMadeOnePerRound) {
  start(50);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  for (const QueryKind kind : {QueryKind::BookSnapshot, QueryKind::Markets}) {
    client.send(kind, query_of(1));
    client.send(kind, query_of(1));  // shares the first one's
  }
  follower->process.poll(follower->clock.time_ns);
  EXPECT_EQ(client.take().size(), 2u);
  follower->process.poll(follower->clock.time_ns);
  EXPECT_EQ(client.take().size(), 2u);
}

TEST_F(QueryTest, ANewEpochEndsTheLogon) {
  start(10);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  EXPECT_EQ(status_of(client, QueryKind::Markets, query_of(0)), QueryStatus::Ok);
  venue.submit(proto::CommandKind::EpochStart, 0,
               proto::EpochStart(1, 2, 2, proto::CommitPolicy::Memory, 0, 0));
  venue.settle();
  follower->run();
  client.send(QueryKind::Markets, query_of(0));
  follower->run();
  const auto packets = client.take();
  ASSERT_EQ(packets.size(), 1u);
  proto::Prefix prefix;
  ASSERT_EQ(proto::parse_prefix(packets[0], prefix), proto::FrameError::None);
  EXPECT_EQ(prefix.kind, proto::PacketKind::LogonRefused);
  const auto* refused = proto::decode<proto::LogonRefused>(proto::payload_of(packets[0]));
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->connection(), client.accepted.connection());
  ASSERT_TRUE(client.log_on());
  EXPECT_EQ(client.accepted.epoch(), 2u);
  EXPECT_EQ(status_of(client, QueryKind::Markets, query_of(0)), QueryStatus::Ok);
}

/// Its keys end with a connection: the old questions get nothing, the old answers pass nowhere.
TEST_F(QueryTest, NothingOfAFormerConnectionIsAnswered) {
  start(10);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  const std::uint64_t first = client.accepted.connection();
  client.send(QueryKind::Balances, query_of(2));
  const std::vector<std::byte> kept = follower->wire.in.front().bytes;
  follower->run();
  proto::QueryReply reply;
  const auto answers = client.take();
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_TRUE(client.log_on());
  EXPECT_GT(client.accepted.connection(), first);
  client.push(kept);
  follower->run();
  EXPECT_TRUE(client.take().empty());
  EXPECT_EQ(follower->count(k_dropped_tag), 1u);
  follower->wire.sent.push_back({{0x0A000001, 5002}, answers[0]});
  EXPECT_FALSE(client.receive(QueryKind::Balances, reply));
  // A follower that was started again does not begin to count anew.
  const std::uint64_t second = client.accepted.connection();
  const TimeNs now_ns = follower->clock.time_ns;
  follower = std::make_unique<TestFollower>(venue, disks);
  follower->clock.time_ns = now_ns;
  follower->run();
  TestClient again(*follower, 2);
  again.push(kept);
  follower->run();
  EXPECT_EQ(follower->count(k_logons_refused), 1u) << "to the first connection, which has ended";
  again.take();
  ASSERT_TRUE(again.log_on());
  EXPECT_GT(again.accepted.connection(), second);
}

TEST_F(QueryTest, OtherAddressesAndForgedTagsGetNothing) {
  start(10);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  client.set_peer({0x0A000009, 9});
  client.send(QueryKind::Balances, query_of(2));
  follower->run();
  EXPECT_TRUE(follower->wire.sent.empty());
  EXPECT_EQ(follower->count(k_dropped_address), 1u);
  client.send(QueryKind::Balances, query_of(2));
  follower->wire.in.front().bytes[60] ^= std::byte{1};
  follower->run();
  EXPECT_TRUE(follower->wire.sent.empty());
  EXPECT_EQ(follower->count(k_dropped_tag), 1u);
  TestClient unknown(*follower, 7);
  EXPECT_FALSE(unknown.log_on());
  EXPECT_TRUE(follower->wire.sent.empty());
  EXPECT_GT(follower->count(k_dropped_session), 0u);
}

/// Random bytes, and good datagrams with random changes: nothing gets an answer but what was
/// left untouched, and nothing breaks.
TEST_F(QueryTest, HostileDatagramsAreCountedAndDropped) {
  start(50);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  client.take();
  std::mt19937 random(5);
  const auto pick = [&random](std::size_t below) { return random() % below; };
  for (int i = 0; i < 20'000; ++i) {
    client.send(static_cast<QueryKind>(pick(12)), query_of(std::uint32_t(pick(5)), pick(50)));
    auto& bytes = follower->wire.in.back().bytes;
    switch (pick(4)) {
      case 0: bytes.resize(pick(bytes.size())); break;
      case 1: bytes.resize(bytes.size() + 1 + pick(1500), std::byte(pick(256))); break;
      case 2: bytes[pick(bytes.size())] ^= std::byte(1 + pick(255)); break;
      default:
        for (std::byte& byte : bytes) byte = std::byte(pick(256));
    }
    if (i % 32 == 31) follower->run();
  }
  follower->run();
  EXPECT_EQ(follower->process.problem(), "");
  EXPECT_TRUE(follower->wire.sent.empty());
  const std::uint64_t dropped =
      follower->count(k_dropped_malformed) + follower->count(k_dropped_kind) +
      follower->count(k_dropped_session) + follower->count(k_dropped_tag) +
      follower->count(k_dropped_content) + follower->count(k_dropped_address);
  EXPECT_EQ(dropped, 20'000u);
  EXPECT_EQ(status_of(client, QueryKind::Markets, query_of(0)), QueryStatus::Ok);
}

/// A flood of questions must not keep the follower from the log.
TEST_F(QueryTest, AFloodDoesNotStarveTheTail) {
  start(10);
  TestClient client(*follower, 2);
  ASSERT_TRUE(client.log_on());
  venue.trade(600);
  int rounds = 0;
  while (follower->process.core()->sequence() < core().sequence()) {
    for (int i = 0; i < 200; ++i) client.send(QueryKind::OpenOrders, query_of(2));
    follower->process.poll(follower->clock.time_ns);
    ASSERT_LT(++rounds, 30);
  }
}

}  // namespace
}  // namespace saker::follower
