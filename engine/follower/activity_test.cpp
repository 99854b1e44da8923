// What the gateway, the registrar and settlement ask: activity of all accounts, what an account is,
// balances of all accounts at one moment, rates of single sessions.
#include <gtest/gtest.h>

#include "engine/follower/test_follower.hpp"

namespace saker::follower {
namespace {

using proto::QueryKind;
using proto::QueryStatus;

constexpr std::uint32_t kAdmin = 1;   // sees everything
constexpr std::uint32_t kTrader = 2;  // sees accounts 2 and 3
constexpr std::uint32_t kOther = 3;   // sees account 4

class ActivityTest : public ::testing::Test {
 protected:
  void start(int trades, FollowerConfig config = TestFollower::small()) {
    venue.set_up();
    venue.trade(trades);
    begin(config);
  }
  void begin(FollowerConfig config) {
    follower = std::make_unique<TestFollower>(venue, disks, config);
    follower->run();
    ASSERT_TRUE(follower->process.ready());
  }
  const core::Core& core() { return *venue.core; }

  struct Place {
    Sequence sequence = 0;
    std::uint32_t passed = 0;
  };
  struct Answer {
    std::vector<std::byte> packet;  // what `reply` points into
    proto::QueryReply reply;
  };
  static proto::Query after(Place place, std::uint32_t datagrams = 1) {
    return proto::Query(0, 0, place.sequence, 0, datagrams, place.passed, 0);
  }
  /// All datagrams that came for `client`.
  static std::vector<Answer> answers(TestClient& client) {
    std::vector<Answer> list;
    for (auto& packet : client.take()) {
      Answer& answer = list.emplace_back();
      answer.packet = std::move(packet);
      EXPECT_TRUE(proto::decode_query_reply(proto::payload_of(answer.packet), answer.reply));
    }
    return list;
  }
  std::vector<Answer> ask(TestClient& client, Place place, std::uint32_t datagrams = 1) {
    client.send(QueryKind::Activity, after(place, datagrams));
    follower->process.poll(follower->clock.time_ns);
    return answers(client);
  }

  /// Follows the stream to its end; every answer must begin where the one before ended.
  void follow(TestClient& client, Place& place, std::uint32_t datagrams,
              std::vector<proto::Report>& reports) {
    while (place.sequence < core().sequence() || place.passed != 0) {
      const auto list = ask(client, place, datagrams);
      if (list.empty()) {  // nothing that this session may see
        follower->clock.time_ns += 300'000'000;
        follower->process.poll(follower->clock.time_ns);
        const auto late = answers(client);
        ASSERT_EQ(late.size(), 1u);
        ASSERT_TRUE(late[0].reply.reports.empty());
        place.sequence = late[0].reply.header->to();
        return;
      }
      ASSERT_LE(list.size(), datagrams);
      for (const Answer& answer : list) {
        const proto::QueryHeader& header = *answer.reply.header;
        ASSERT_EQ(header.status(), QueryStatus::Ok);
        ASSERT_EQ(header.from(), place.sequence);
        ASSERT_EQ(header.page(), place.passed);
        EXPECT_EQ(header.snapshot(), &answer == &list.back() ? 0u : 1u);
        reports.insert(reports.end(), answer.reply.reports.begin(), answer.reply.reports.end());
        place = {header.to(), header.pages()};
      }
    }
    EXPECT_EQ(place.sequence, core().sequence());
  }
  /// What the venue has told about the accounts that `session` may view, after `sequence`.
  std::vector<proto::Report> expected(std::uint32_t session, Sequence sequence = 0) {
    std::vector<proto::Report> reports;
    for (const proto::Report& report : venue.reports) {
      if (report.account_sequence() == 0 || report.engine_sequence() <= sequence) continue;
      if (core().may_view(SessionId{session}, AccountId{report.account()})) {
        reports.push_back(report);
      }
    }
    return reports;
  }
  void expect_same(const std::vector<proto::Report>& got, const std::vector<proto::Report>& want) {
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(std::memcmp(&got[i], &want[i], core::kReportStableBytes), 0) << i;
      EXPECT_EQ(got[i].chain_head(), venue.chain_at(got[i].engine_sequence()));
    }
  }
  /// 30 makers of account 4 that one order of account 2 takes: 61 reports of one command.
  void sweep() {
    for (int i = 0; i < 30; ++i) venue.new_order(3, 4, proto::Side::Sell, 1 + i, 1);
    venue.new_order(2, 2, proto::Side::Buy, 200, 30);
    venue.settle();
  }

  TestVenue venue;
  TestDisks disks;
  std::unique_ptr<TestFollower> follower;
};

TEST_F(ActivityTest, IsEveryDropCopyThatTheSessionMaySeeInOrder) {
  start(400);
  for (const std::uint32_t session : {kAdmin, kTrader, kOther}) {
    for (const std::uint32_t datagrams : {1u, 5u, 64u}) {
      TestClient client(*follower, session);
      ASSERT_TRUE(client.log_on());
      std::vector<proto::Report> reports;
      Place place;
      follow(client, place, datagrams, reports);
      const auto want = expected(session);
      ASSERT_GT(want.size(), 100u);
      expect_same(reports, want);
    }
  }
}

TEST_F(ActivityTest, GoesOnWithinACommand) {
  venue.set_up();
  const Sequence before = core().sequence();
  sweep();
  begin(TestFollower::small());
  for (const std::uint32_t session : {kAdmin, kTrader, kOther}) {
    TestClient client(*follower, session);
    ASSERT_TRUE(client.log_on());
    std::vector<proto::Report> reports;
    Place place{before, 0};
    follow(client, place, 3, reports);
    expect_same(reports, expected(session, before));
  }
  TestClient client(*follower, kAdmin);
  ASSERT_TRUE(client.log_on());
  auto list = ask(client, {core().sequence() - 1, 61});  // all of the last command: nothing is left
  EXPECT_TRUE(list.empty());
  list = ask(client, {core().sequence() - 1, 62});
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].reply.header->status(), QueryStatus::Unknown);
  list = ask(client, {core().sequence(), 1});
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].reply.header->status(), QueryStatus::Unknown);
}

TEST_F(ActivityTest, WaitsForWhatTheSessionMaySee) {
  start(20);
  TestClient client(*follower, kOther);
  ASSERT_TRUE(client.log_on());
  Place place;
  std::vector<proto::Report> reports;
  follow(client, place, 64, reports);
  const Sequence before = core().sequence();
  EXPECT_TRUE(ask(client, place).empty());
  venue.new_order(2, 2, proto::Side::Buy, 1, 1);  // not for account 4
  venue.settle();
  follower->run();
  EXPECT_TRUE(answers(client).empty());
  venue.new_order(3, 4, proto::Side::Buy, 2, 1);
  venue.settle();
  follower->run();
  auto list = answers(client);
  ASSERT_EQ(list.size(), 1u);
  ASSERT_EQ(list[0].reply.reports.size(), 1u);
  EXPECT_EQ(list[0].reply.header->from(), before);
  EXPECT_EQ(list[0].reply.header->to(), core().sequence());
  EXPECT_EQ(list[0].reply.reports[0].engine_sequence(), core().sequence());
  // Nothing for a while: the answer is how far that is certain.
  place = {core().sequence(), 0};
  EXPECT_TRUE(ask(client, place).empty());
  venue.new_order(2, 2, proto::Side::Buy, 1, 1);
  venue.settle();
  follower->run();
  EXPECT_TRUE(answers(client).empty());
  follower->clock.time_ns += 251'000'000;
  follower->run();
  list = answers(client);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_TRUE(list[0].reply.reports.empty());
  EXPECT_EQ(list[0].reply.header->status(), QueryStatus::Ok);
  EXPECT_EQ(list[0].reply.header->from(), place.sequence);
  EXPECT_EQ(list[0].reply.header->to(), core().sequence());
}

TEST_F(ActivityTest, OneQuestionOfASessionWaits) {
  start(20);
  TestClient client(*follower, kOther);
  ASSERT_TRUE(client.log_on());
  const Place end{core().sequence(), 0};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(client, end).empty());
  venue.new_order(3, 4, proto::Side::Buy, 2, 1);
  venue.settle();
  follower->run();
  EXPECT_EQ(answers(client).size(), 1u);
  follower->clock.time_ns += 251'000'000;
  follower->run();
  EXPECT_TRUE(answers(client).empty());
  // One that names what is still to come is told so.
  const auto list = ask(client, {core().sequence() + 5, 0});
  EXPECT_TRUE(list.empty());
  follower->clock.time_ns += 251'000'000;
  follower->run();
  const auto late = answers(client);
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].reply.header->status(), QueryStatus::NotYet);
}

TEST_F(ActivityTest, WhatIsTooOldIsSaid) {
  FollowerConfig config = TestFollower::small();
  config.history.activity_reports = 64;
  start(400, config);
  TestClient client(*follower, kAdmin);
  ASSERT_TRUE(client.log_on());
  auto list = ask(client, {1, 0});
  ASSERT_EQ(list.size(), 1u);
  const proto::QueryHeader first = *list[0].reply.header;
  EXPECT_EQ(first.status(), QueryStatus::SnapshotRequired);
  EXPECT_EQ(first.to(), core().sequence());
  ASSERT_GT(first.from(), 1u);
  list = ask(client, {first.from() - 1, 0});
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].reply.header->status(), QueryStatus::SnapshotRequired);
  std::vector<proto::Report> reports;
  Place place{first.from(), 0};
  follow(client, place, 4, reports);
  EXPECT_GE(reports.size(), 60u);
  expect_same(reports, expected(kAdmin, first.from()));
}

TEST_F(ActivityTest, BeginsAtTheSnapshotAfterARestart) {
  start(200);
  ASSERT_TRUE(follower->process.stop(follower->clock.time_ns));
  const Sequence snapshot = core().sequence();
  venue.trade(100);
  begin(TestFollower::small());
  TestClient client(*follower, kTrader);
  ASSERT_TRUE(client.log_on());
  auto list = ask(client, {snapshot - 1, 0});
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].reply.header->status(), QueryStatus::SnapshotRequired);
  EXPECT_EQ(list[0].reply.header->from(), snapshot);
  std::vector<proto::Report> reports;
  Place place{snapshot, 0};
  follow(client, place, 8, reports);
  expect_same(reports, expected(kTrader, snapshot));
}

TEST_F(ActivityTest, EachDatagramCountsAsAQuestion) {
  FollowerConfig config = TestFollower::small();
  config.query.per_second = 1;
  config.query.burst = 5;
  config.query.activity_burst = 32;
  config.query.session_rates = {{kAdmin, 1'000, 1'000}};
  start(400, config);
  TestClient modest(*follower, kTrader), greedy(*follower, kAdmin);
  ASSERT_TRUE(modest.log_on() && greedy.log_on());
  EXPECT_EQ(ask(greedy, {}, 100).size(), config.query.activity_burst);
  const auto list = ask(modest, {}, 100);
  ASSERT_EQ(list.size(), 5u);
  EXPECT_EQ(list.back().reply.header->snapshot(), 0u);
  const auto refused = ask(modest, {}, 1);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].reply.header->status(), QueryStatus::Busy);
  EXPECT_EQ(ask(greedy, {}, 1).size(), 1u);
}

TEST_F(ActivityTest, SaysWhatAnAccountIs) {
  start(50);
  TestClient admin(*follower, kAdmin), other(*follower, kOther);
  ASSERT_TRUE(admin.log_on() && other.log_on());
  proto::QueryReply reply;
  ASSERT_TRUE(admin.ask(QueryKind::Account, query_of(4), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Ok);
  EXPECT_EQ(reply.header->from(), 2u);  // groups
  EXPECT_EQ(reply.header->to(), 4u);    // accounts
  ASSERT_EQ(reply.accounts.size(), 1u);
  EXPECT_EQ(reply.accounts[0].account(), 4u);
  EXPECT_EQ(reply.accounts[0].group(), 2u);
  EXPECT_EQ(reply.accounts[0].firm(), 1u);
  EXPECT_EQ(reply.accounts[0].next_account_sequence(), core().next_account_sequence(AccountId{4}));
  ASSERT_TRUE(admin.ask(QueryKind::Account, query_of(5), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Unknown);
  EXPECT_EQ(reply.header->to(), 4u);
  ASSERT_TRUE(admin.ask(QueryKind::Group, query_of(2), reply));
  ASSERT_EQ(reply.accounts.size(), 1u);
  EXPECT_EQ(reply.accounts[0].account(), 0u);
  EXPECT_EQ(reply.accounts[0].group(), 2u);
  // Who sees one account learns of that one, and not how many there are.
  ASSERT_TRUE(other.ask(QueryKind::Account, query_of(4), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Ok);
  EXPECT_EQ(reply.header->to(), 0u);
  ASSERT_TRUE(other.ask(QueryKind::Account, query_of(2), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Denied);
  EXPECT_TRUE(reply.accounts.empty());
  ASSERT_TRUE(other.ask(QueryKind::Group, query_of(2), reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::Denied);
}

TEST_F(ActivityTest, AnAccountMadeAndGrantedLaterIsSeenByName) {
  start(10);
  proto::AddAccount account(5, 2, 77);
  put_text(account.mutable_name(), "u1000000000001");
  venue.submit(proto::CommandKind::AddAccount, 1, account);
  venue.submit(proto::CommandKind::GrantAccount, 1,
               proto::GrantAccount(kOther, 5, proto::Rights::View));
  venue.submit(proto::CommandKind::Deposit, 1, proto::Deposit(5, 500, 5, 1));
  venue.settle();
  follower->run();
  TestClient client(*follower, kOther);
  ASSERT_TRUE(client.log_on());
  proto::QueryReply reply;
  ASSERT_TRUE(client.ask(QueryKind::Account, query_of(5), reply));
  ASSERT_EQ(reply.accounts.size(), 1u);
  EXPECT_EQ(reply.accounts[0].max_open_orders(), 77u);
  EXPECT_EQ(std::memcmp(reply.accounts[0].name()->data(), "u1000000000001\0", 16), 0);
  const auto list = ask(client, {core().sequence() - 1, 0});
  ASSERT_EQ(list.size(), 1u);
  ASSERT_EQ(list[0].reply.reports.size(), 1u);
  EXPECT_EQ(list[0].reply.reports[0].kind(), proto::ReportKind::FundsChanged);
  EXPECT_EQ(list[0].reply.reports[0].amount_minor(), 500);
}

TEST_F(ActivityTest, ASessionOfTheVenueMayBeGrantedAllAccounts) {
  start(10);
  const auto grant = [&](std::uint32_t session, proto::Rights rights) {
    venue.submit(proto::CommandKind::GrantAccount, 1, proto::GrantAccount(session, 0, rights));
    venue.settle();
    follower->run();
  };
  TestClient client(*follower, 4);  // looks at account 2
  ASSERT_TRUE(client.log_on());
  const auto status = [&](std::uint32_t account) {
    proto::QueryReply reply;
    EXPECT_TRUE(client.ask(QueryKind::Account, query_of(account), reply));
    return reply.header->status();
  };
  EXPECT_EQ(status(3), QueryStatus::Denied);
  grant(4, proto::Rights::Trade);  // only to look
  EXPECT_EQ(status(3), QueryStatus::Denied);
  grant(4, proto::Rights::View);
  EXPECT_EQ(status(3), QueryStatus::Ok);
  venue.submit(proto::CommandKind::AddAccount, 1, proto::AddAccount(5, 2, 0));
  venue.settle();
  follower->run();
  EXPECT_EQ(status(5), QueryStatus::Ok);
  grant(4, static_cast<proto::Rights>(0));
  EXPECT_EQ(status(5), QueryStatus::Denied);
  EXPECT_EQ(status(2), QueryStatus::Ok);
}

TEST_F(ActivityTest, BalancesOfAllAccountsAreOfOneMoment) {
  start(300);
  for (const std::uint32_t session : {kAdmin, kTrader}) {
    TestClient client(*follower, session);
    ASSERT_TRUE(client.log_on());
    proto::QueryReply reply;
    ASSERT_TRUE(client.ask(QueryKind::Balances, query_of(0), reply));
    ASSERT_EQ(reply.header->status(), QueryStatus::Ok);
    EXPECT_EQ(reply.header->applied(), core().sequence());
    EXPECT_NE(reply.header->snapshot(), 0u);
    std::size_t want = 0;
    for (std::uint32_t account = 1; account <= core().account_count(); ++account) {
      for (std::uint32_t asset = 1; asset <= core().asset_count(); ++asset) {
        const core::BalanceView view = core().balance(AccountId{account}, AssetId{asset});
        if (view.available == 0 && view.held == 0) continue;
        if (!core().may_view(SessionId{session}, AccountId{account})) continue;
        ASSERT_LT(want, reply.balances.size());
        EXPECT_EQ(reply.balances[want].account(), account);
        EXPECT_EQ(reply.balances[want].asset(), asset);
        EXPECT_EQ(reply.balances[want].available(), view.available);
        EXPECT_EQ(reply.balances[want].held(), view.held);
        ++want;
      }
    }
    EXPECT_EQ(want, reply.balances.size());
    EXPECT_GE(want, 4u);
  }
  // Nobody gets the pages that were made for another.
  TestClient admin(*follower, kAdmin), trader(*follower, kTrader);
  ASSERT_TRUE(admin.log_on() && trader.log_on());
  proto::QueryReply reply;
  ASSERT_TRUE(admin.ask(QueryKind::Balances, query_of(0), reply));
  proto::Query stolen = query_of(0);
  stolen.mutate_snapshot(reply.header->snapshot());
  ASSERT_TRUE(trader.ask(QueryKind::Balances, stolen, reply));
  EXPECT_EQ(reply.header->status(), QueryStatus::SnapshotRequired);
}

TEST_F(ActivityTest, SmallAnswersNeedNoSnapshotAndNoWaiting) {
  start(30);
  TestClient client(*follower, kTrader);
  ASSERT_TRUE(client.log_on());
  for (int i = 0; i < 200; ++i) client.send(QueryKind::Balances, query_of(2 + i % 2));
  for (int round = 0; round < 4; ++round) follower->process.poll(follower->clock.time_ns);
  const auto list = answers(client);
  ASSERT_EQ(list.size(), 200u);
  for (const Answer& answer : list) {
    ASSERT_EQ(answer.reply.header->status(), QueryStatus::Ok);
    EXPECT_EQ(answer.reply.header->snapshot(), 0u);
    EXPECT_EQ(answer.reply.header->pages(), 1u);
    const std::uint32_t account = answer.reply.balances[0].account();
    EXPECT_EQ(answer.reply.header->to(), core().next_account_sequence(AccountId{account}));
  }
}

}  // namespace
}  // namespace saker::follower
