// What decides about customers' orders, on a venue and a clock of the test's own.
#include <gtest/gtest.h>

#include "client/fake/venue.hpp"
#include "gateway/order_desk.hpp"
#include "gateway/test_market.hpp"
#include "gateway/venue_session.hpp"

namespace saker::gateway {
namespace {

using proto::Reason;
using proto::ReportKind;
using test::report;

constexpr std::uint32_t kAccount = 8;  // of test::report

struct FakeSchedule : Schedule {
  TimeNs now_ns() override { return now; }
  void post(std::function<void()> fn) override { fn(); }
  void after(std::uint64_t, std::function<void()> fn) override { later.push_back(std::move(fn)); }
  TimeNs now = 1'000'000'000;
  std::vector<std::function<void()>> later;
};

struct FakeVenue : Venue {
  std::uint64_t send(const client::NewOrderRequest&) override { return ++numbers; }
  std::uint64_t send(const client::ReplaceOrderRequest&) override { return ++numbers; }
  std::uint64_t send(const client::CancelOrderRequest&) override { return ++numbers; }
  std::uint64_t send(const client::MassCancelRequest&) override { return ++numbers; }
  void ask_balances(std::uint32_t, Sequence, std::uint64_t,
                    std::function<void(BalancesAnswer)>) override {}
  void ask_account(std::uint32_t, Sequence, std::uint64_t,
                   std::function<void(AccountAnswer)> done) override {
    account_asked.push_back(std::move(done));
  }
  void ask_history(std::uint32_t, std::uint64_t, Sequence, std::uint64_t,
                   std::function<void(HistoryAnswer)> done) override {
    history_asked.push_back(std::move(done));
  }
  bool engine_up() const override { return true; }
  bool follower_up() const override { return true; }
  Sequence complete_to() const override { return complete; }

  std::uint64_t numbers = 0;
  Sequence complete = 100;
  std::vector<std::function<void(AccountAnswer)>> account_asked;
  std::vector<std::function<void(HistoryAnswer)>> history_asked;
};

class Desk : public ::testing::Test {
 protected:
  Desk() {
    accounts.connect(venue);
    desk.connect(venue);
  }
  static NewOrder order(std::uint64_t client_order_id) {
    NewOrder order;
    order.request.market = 1;
    order.request.price_ticks = 2500;
    order.request.quantity_lots = 10;
    order.request.client_order_id = client_order_id;
    return order;
  }
  /// Places and returns the number; the answer goes to `answers`.
  std::uint64_t place(std::uint64_t client_order_id) {
    desk.place(kAccount, order(client_order_id),
               [this](const CommandResult& result) { answers.push_back(result); });
    return venue.numbers;
  }
  void decide(std::uint64_t number, client::Result result, Reason reason = Reason::NONE,
              std::uint64_t order_id = 0) {
    desk.on_outcome({.client_sequence = number, .command = proto::CommandKind::NewOrder,
                     .result = result, .reason = reason, .order_id = order_id,
                     .engine_sequence = 90});
    desk.poll();
  }
  FakeSchedule schedule;
  FakeVenue venue;
  Markets markets;
  Accounts accounts{schedule, {}, markets};
  OrderDesk desk{schedule, {}, accounts};
  std::vector<CommandResult> answers;
};

proto::OpenOrder open_order() {
  proto::OpenOrder order;
  order.mutate_order_id(77);
  order.mutate_client_order_id(5);
  order.mutate_account(kAccount);
  order.mutate_market(1);
  order.mutate_price_ticks(2500);
  order.mutate_quantity_lots(10);
  order.mutate_leaves_lots(10);
  return order;
}

/// The follower may answer before the feed has told what markets there are.
TEST_F(Desk, OrdersLoadedBeforeTheFeedHasComeAreNotForgotten) {
  AccountView* shown = nullptr;
  accounts.when_ready(kAccount, 0, [&](AccountView* view) { shown = view; });
  ASSERT_EQ(venue.account_asked.size(), 1u);
  venue.account_asked[0]({true, 90, {open_order()}, 90, 4});
  accounts.poll();
  EXPECT_EQ(shown, nullptr);
  markets.define(test::kcn_eur());
  accounts.poll();
  ASSERT_NE(shown, nullptr);
  EXPECT_NE(shown->orders().find(77), nullptr);
}

/// The order that has the id may be this very one, ended before this gateway was started: whoever
/// is told that it was another one places it a second time.
TEST_F(Desk, AUsedIdIsNotSaidToBeAnotherOrders) {
  markets.define(test::kcn_eur());
  const std::uint64_t number = place(5);
  venue.account_asked[0]({true, 90, {}, 90, 4});
  decide(number, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
  ASSERT_EQ(venue.history_asked.size(), 1u);
  venue.history_asked[0]({});
  desk.poll();
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_TRUE(answers[0].error);
  EXPECT_EQ(answers[0].error->code, "ORDER_DUPLICATE_CLIENT_ID");
  const std::string text = answers[0].error->what();
  EXPECT_NE(text.find("order_id 77"), std::string::npos) << text;
  EXPECT_EQ(text.find("for another order"), std::string::npos) << text;
}

/// As far as the follower's reports go back it is the answer, with its fills.
TEST_F(Desk, TheSameOrderAgainIsAnsweredWithTheOrderThatHasEnded) {
  markets.define(test::kcn_eur());
  const std::vector<proto::Report> story = {
      report({ReportKind::OrderAccepted, 1, 80, 77, 5, 2500, 10, 10, 0}),
      report({ReportKind::OrderFilled, 2, 80, 77, 5, 2400, 4, 6, 4, Reason::NONE, 31}),
      report({ReportKind::OrderReplaced, 3, 81, 77, 5, 2600, 5, 1, 4}),
      report({ReportKind::OrderCancelled, 4, 82, 77, 5, 2600, 5, 0, 4,
              Reason::CANCEL_REQUESTED})};
  const std::uint64_t number = place(5);
  venue.account_asked[0]({true, 90, {}, 90, 5});
  decide(number, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
  EXPECT_TRUE(answers.empty());
  venue.history_asked.at(0)({true, story});
  desk.poll();
  ASSERT_EQ(answers.size(), 1u);
  ASSERT_FALSE(answers[0].error);
  EXPECT_EQ(answers[0].order.status, OrderStatus::kCancelled);
  EXPECT_EQ(answers[0].order.filled_lots, 4);
  ASSERT_EQ(answers[0].fills.size(), 1u);
  EXPECT_EQ(answers[0].fills[0].trade_id, 31u);

  NewOrder other = order(5);
  other.request.price_ticks = 2600;  // as it was replaced, but not as it was placed
  desk.place(kAccount, other, [this](const CommandResult& result) { answers.push_back(result); });
  decide(venue.numbers, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
  venue.history_asked.at(1)({true, story});
  desk.poll();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[1].error);
}

/// And while it is open, it is the answer.
TEST_F(Desk, TheSameOrderAgainIsAnsweredWithTheOrder) {
  markets.define(test::kcn_eur());
  const std::uint64_t number = place(5);
  venue.account_asked[0]({true, 90, {open_order()}, 90, 4});
  decide(number, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].error);
  EXPECT_EQ(answers[0].order.order_id, 77u);
  EXPECT_EQ(desk.counters().repeated, 1u);
}

/// The first try is on its way for so long that its customer asks again, and the second is decided
/// before it: until the first is decided, too, nobody knows whether there will be an order.
TEST_F(Desk, ARefusalWaitsForAnEarlierTryOfTheSameOrder) {
  markets.define(test::kcn_eur());
  const std::uint64_t first = place(5);
  venue.account_asked[0]({true, 90, {open_order()}, 90, 4});
  schedule.now += OrderDeskLimits{}.patience_ns;
  desk.poll();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error->code, "OUTCOME_UNKNOWN");
  const std::uint64_t second = place(5);
  decide(second, client::Result::kRejected, Reason::MARKET_NOT_OPEN);
  EXPECT_EQ(answers.size(), 1u);
  decide(first, client::Result::kAccepted, Reason::NONE, 77);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_FALSE(answers[1].error);
  EXPECT_EQ(answers[1].order.order_id, 77u);
}

TEST_F(Desk, ARefusalThatWaitedIsToldWhenTheEarlierTryWasRefusedToo) {
  const std::uint64_t first = place(5);
  const std::uint64_t second = place(5);
  const std::uint64_t other = place(6);
  decide(second, client::Result::kRejected, Reason::MARKET_NOT_OPEN);
  EXPECT_TRUE(answers.empty());
  decide(other, client::Result::kRejected, Reason::MARKET_NOT_OPEN);
  EXPECT_EQ(answers.size(), 1u);  // another order waits for nobody
  decide(first, client::Result::kNeverApplied);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[2].error->code, "MARKET_NOT_OPEN");
}

/// While the follower is away the engine's reports must do; an order that never rests is not said
/// to be open because the report of its end has been lost on the way.
TEST_F(Desk, AnOrderThatNeverRestsIsToldWhenItsEndIs) {
  markets.define(test::kcn_eur());
  NewOrder ioc = order(5);
  ioc.request.time_in_force = ioc.wish.time_in_force = proto::TimeInForce::ImmediateOrCancel;
  desk.place(kAccount, ioc, [this](const CommandResult& result) { answers.push_back(result); });
  const auto tell = [&](proto::Report r) {
    r.mutate_client_sequence(venue.numbers);
    desk.on_report(r);
    schedule.now += OrderDeskLimits{}.follower_patience_ns;
    desk.poll();
  };
  decide(venue.numbers, client::Result::kAccepted, Reason::NONE, 77);
  tell(report({ReportKind::OrderAccepted, 0, 90, 77, 5, 2500, 10, 10, 0}));
  EXPECT_TRUE(answers.empty());
  tell(report({ReportKind::OrderCancelled, 0, 90, 77, 5, 2500, 10, 0, 0,
               Reason::CANCEL_IMMEDIATE_REMAINDER}));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].order.status, OrderStatus::kCancelled);
}

/// What is not in a list that is given will never be: a list is where one looks for an order whose
/// answer was lost, before one sends another.
TEST_F(Desk, NoListIsGivenWhileACommandMayStillBeCarriedOut) {
  venue.complete = 0;
  markets.define(test::kcn_eur());
  std::vector<std::string> told;
  const auto read = [&](std::uint32_t account) {
    desk.when_certain(account, [&](const std::optional<web::ApiError>& error) {
      told.push_back(error ? error->code + ": " + error->what() : "list");
    });
  };
  read(kAccount);
  EXPECT_TRUE(told.empty());  // what an earlier gateway sent is decided by the first logon
  venue.complete = 80;
  accounts.on_complete(80);
  desk.poll();
  ASSERT_EQ(told, std::vector<std::string>{"list"});
  const std::uint64_t number = place(5);
  read(kAccount + 1);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1], "list");
  read(kAccount);  // whoever placed the order may have been cut off since
  schedule.now += OrderDeskLimits{}.patience_ns;
  desk.poll();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error->code, "OUTCOME_UNKNOWN");
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[2].substr(0, 16), "OUTCOME_UNKNOWN:");
  EXPECT_NE(told[2].find("client_order_id 5,"), std::string::npos) << told[2];
  read(kAccount);  // and still
  desk.poll();
  EXPECT_EQ(told.size(), 3u);
  place(6);  // is not waited for by who asked before
  decide(number, client::Result::kAccepted, Reason::NONE, 77);
  desk.poll();
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[3], "list");
  EXPECT_EQ(accounts.seen(kAccount), 90u);  // and the list has it
  EXPECT_EQ(answers.size(), 1u);
}

/// An earlier gateway may have placed orders of anybody up to our logon.
TEST_F(Desk, ListsHaveWhatAnEarlierGatewayPlaced) {
  venue.complete = 0;
  EXPECT_EQ(accounts.seen(kAccount), 0u);
  venue.complete = 88;
  accounts.on_complete(88);
  EXPECT_EQ(accounts.seen(kAccount), 88u);
  accounts.on_complete(99);
  EXPECT_EQ(accounts.seen(kAccount), 88u);  // nobody has told them of more
  accounts.saw(kAccount, 95);
  EXPECT_EQ(accounts.seen(kAccount), 95u);
}

struct LostCount : VenueEvents {
  void on_outcome(const client::Outcome&) override {}
  void on_report(const proto::Report&) override {}
  void on_activity(const proto::Report&) override {}
  void on_activity_complete(Sequence) override {}
  void on_accounts_lost() override { ++lost; }
  void on_feed_restarted() override {}
  void on_feed_live(bool) override {}
  void on_turn() override {}
  int lost = 0;
};

/// The follower answers before the engine does; the activity, which begins with the logon to the
/// engine, may then begin behind that answer.
TEST(VenueSession, WhatWasAskedBeforeTheActivityBeganIsAskedAgain) {
  using client::fake::Transport;
  proto::Secret secret;
  secret.fill(9);
  client::fake::Network network(1);
  client::fake::Venue venue(network, secret);
  Transport orders(network, {0x7F000001, 40'000});
  Transport line_a(network, {0x7F000001, 40'001});
  Transport line_b(network, {0x7F000001, 40'002});
  client::SessionConfig config;
  config.session = client::fake::Venue::kSession;
  config.secret = secret;
  config.engine = client::fake::Venue::kEngine;
  config.follower = client::fake::Venue::kFollower;
  FakeSchedule schedule;
  Markets markets;
  MarketStates states;
  LostCount listener;
  VenueSession<Transport> session(
      config, {orders, line_a, line_b, proto::FeedSubscribe(0, 0, 40'001, 40'002, 0)}, schedule,
      markets, states, listener, [] {});
  session.start();
  const auto run_until = [&](auto done) {
    for (int i = 0; i < 100'000 && !done(); ++i) {
      schedule.now = network.now_ns += 100'000;
      venue.poll();
      session.turn();
    }
    return done();
  };
  venue.down = true;
  ASSERT_TRUE(run_until([&] { return session.follower_up(); }));
  EXPECT_EQ(listener.lost, 0);
  venue.down = false;
  ASSERT_TRUE(run_until([&] { return session.engine_up() && session.complete_to() != 0; }));
  EXPECT_EQ(listener.lost, 1);
  venue.restart_engine();
  ASSERT_TRUE(run_until([&] { return !session.engine_up(); }));
  ASSERT_TRUE(run_until([&] { return session.engine_up(); }));
  EXPECT_EQ(listener.lost, 1);  // the activity goes on where it was
}

}  // namespace
}  // namespace saker::gateway
