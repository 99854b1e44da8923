// What decides about customers' orders, on a venue and a clock of the test's own.
#include <gtest/gtest.h>

#include "client/fake/venue.hpp"
#include "gateway/order_desk.hpp"
#include "gateway/test_market.hpp"
#include "gateway/trade_api.hpp"
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
  void ask_account(std::uint32_t, Sequence at_least, std::uint64_t,
                   std::function<void(AccountAnswer)> done) override {
    asked_at_least = at_least;
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
  Sequence asked_at_least = 0;  // of the last account
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
  static NewOrder market_order(std::uint64_t client_order_id) {
    NewOrder market = order(client_order_id);
    market.request.type = proto::OrderType::Market;
    market.request.time_in_force = proto::TimeInForce::ImmediateOrCancel;
    return market;
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

/// And while it is open, it is the answer: at once when this gateway has seen it placed.
TEST_F(Desk, TheSameOrderAgainIsAnsweredWithTheOrder) {
  markets.define(test::kcn_eur());
  const std::uint64_t number = place(5);
  venue.account_asked[0]({true, 90, {}, 90, 4});
  proto::Report accepted = report({ReportKind::OrderAccepted, 4, 91, 77, 5, 2500, 10, 10, 0});
  accepted.mutate_client_sequence(number);
  accounts.on_activity(accepted);
  decide(number, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].error);
  EXPECT_EQ(answers[0].order.order_id, 77u);
  EXPECT_EQ(desk.counters().repeated, 1u);
  EXPECT_TRUE(venue.history_asked.empty());
}

/// Of an open order the follower tells what it is now; it may have been replaced.
TEST_F(Desk, AnOrderIsTheSameByWhatItWasPlacedAs) {
  markets.define(test::kcn_eur());
  const std::vector<proto::Report> story = {
      report({ReportKind::OrderAccepted, 1, 80, 77, 5, 2600, 12, 12, 0}),
      report({ReportKind::OrderReplaced, 2, 81, 77, 5, 2500, 10, 10, 0})};
  const auto again = [&](std::int64_t price_ticks, std::int64_t quantity_lots) {
    NewOrder asked = order(5);
    asked.request.price_ticks = price_ticks;
    asked.request.quantity_lots = quantity_lots;
    desk.place(kAccount, asked, [this](const CommandResult& r) { answers.push_back(r); });
    if (venue.account_asked.size() == 1 && answers.empty()) {
      venue.account_asked[0]({true, 90, {open_order()}, 90, 4});
    }
    decide(venue.numbers, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
    if (!venue.history_asked.empty()) venue.history_asked.back()({true, story});
    desk.poll();
    return !answers.back().error;
  };
  EXPECT_FALSE(again(2500, 10));
  EXPECT_TRUE(again(2600, 12));
  EXPECT_EQ(answers.back().order.price_ticks, 2500);  // told as it is
  // Seen to be replaced, and as it was placed again.
  accounts.on_activity(report({ReportKind::OrderReplaced, 4, 91, 77, 5, 2700, 10, 10, 0}));
  EXPECT_FALSE(again(2700, 10));
  EXPECT_TRUE(again(2600, 12));
  EXPECT_EQ(answers.size(), 4u);
}

/// Reports name no type: that one rests tells it.
TEST_F(Desk, ALimitOrderIsNotTakenForAMarketOrder) {
  markets.define(test::kcn_eur());
  const NewOrder market = market_order(5);
  const auto again = [&](const NewOrder& asked, proto::Report end) {
    desk.place(kAccount, asked, [this](const CommandResult& r) { answers.push_back(r); });
    if (venue.account_asked.size() == 1 && answers.empty()) {
      venue.account_asked[0]({true, 90, {}, 90, 5});
    }
    decide(venue.numbers, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
    venue.history_asked.back()(
        {true, {report({ReportKind::OrderAccepted, 1, 80, 77, 5, 2500, 10, 10, 0}), end}});
    desk.poll();
    return !answers.back().error;
  };
  proto::Report fill =
      report({ReportKind::OrderFilled, 2, 81, 77, 5, 2500, 10, 0, 10, Reason::NONE, 31});
  fill.mutate_liquidity(proto::Liquidity::Maker);
  EXPECT_FALSE(again(market, fill));
  EXPECT_TRUE(again(order(5), fill));
  NewOrder ioc = order(5);
  ioc.request.time_in_force = proto::TimeInForce::ImmediateOrCancel;
  EXPECT_FALSE(again(ioc, fill));
  // Filled at once: a limit order of this price did the same, of whichever time in force; how much
  // a market order would have paid nobody can tell.
  fill.mutate_liquidity(proto::Liquidity::Taker);
  EXPECT_FALSE(again(market, fill));
  EXPECT_TRUE(again(order(5), fill));
  EXPECT_TRUE(again(ioc, fill));
  const auto cancelled = [](Reason reason) {
    return report({ReportKind::OrderCancelled, 2, 81, 77, 5, 2500, 10, 0, 0, reason});
  };
  EXPECT_FALSE(again(market, cancelled(Reason::CANCEL_REQUESTED)));
  EXPECT_FALSE(again(ioc, cancelled(Reason::CANCEL_REQUESTED)));
  EXPECT_TRUE(again(order(5), cancelled(Reason::CANCEL_REQUESTED)));
  EXPECT_FALSE(again(order(5), cancelled(Reason::CANCEL_IMMEDIATE_REMAINDER)));
  EXPECT_TRUE(again(ioc, cancelled(Reason::CANCEL_IMMEDIATE_REMAINDER)));
  EXPECT_TRUE(again(market, cancelled(Reason::CANCEL_PROTECTION)));
  EXPECT_FALSE(again(ioc, cancelled(Reason::CANCEL_PROTECTION)));
}

/// What this gateway has sent and seen accepted, it knows.
TEST_F(Desk, AMarketOrderAgainIsKnownByTheGatewayThatPlacedIt) {
  markets.define(test::kcn_eur());
  const NewOrder market = market_order(5);
  const auto keep = [this](const CommandResult& result) { answers.push_back(result); };
  desk.place(kAccount, market, keep);
  venue.account_asked[0]({true, 90, {}, 90, 4});
  proto::Report accepted = report({ReportKind::OrderAccepted, 4, 91, 77, 5, 2400, 10, 10, 0});
  accepted.mutate_client_sequence(venue.numbers);
  accounts.on_activity(accepted);
  accounts.on_activity(report({ReportKind::OrderFilled, 5, 91, 77, 5, 2500, 10, 0, 10}));
  decide(venue.numbers, client::Result::kAccepted, Reason::NONE, 77);
  desk.place(kAccount, market, keep);
  decide(venue.numbers, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
  NewOrder limit = order(5);
  limit.request.price_ticks = 2400;
  desk.place(kAccount, limit, keep);
  decide(venue.numbers, client::Result::kRejected, Reason::ORDER_DUPLICATE_CLIENT_ID, 77);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_FALSE(answers[1].error);
  EXPECT_TRUE(answers[2].error);
  EXPECT_TRUE(venue.history_asked.empty());
}

/// The first try is on its way for so long that its customer asks again, and the second is decided
/// before it: until the first is decided, too, nobody knows whether there will be an order.
TEST_F(Desk, ARefusalWaitsForAnEarlierTryOfTheSameOrder) {
  markets.define(test::kcn_eur());
  const std::uint64_t first = place(5);
  venue.account_asked[0]({true, 89, {}, 89, 4});
  schedule.now += OrderDeskLimits{}.patience_ns;
  desk.poll();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error->code, "OUTCOME_UNKNOWN");
  const std::uint64_t second = place(5);
  decide(second, client::Result::kRejected, Reason::MARKET_NOT_OPEN);
  EXPECT_EQ(answers.size(), 1u);
  proto::Report accepted = report({ReportKind::OrderAccepted, 4, 90, 77, 5, 2500, 10, 10, 0});
  accepted.mutate_client_sequence(first);
  accounts.on_activity(accepted);
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

/// What a full disk has left is for cancels, and each order that is refused there costs some of it.
TEST_F(Desk, AFullDiskIsNotAskedWithEveryOrder) {
  const std::uint64_t first = place(5);
  decide(first, client::Result::kNotSequenced, Reason::BUSY_DISK_FULL);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error->code, "BUSY_DISK_FULL");
  const auto refused = [&](auto send) {
    try {
      send();
    } catch (const web::ApiError& error) {
      return error.code == "BUSY_DISK_FULL" && error.status == 503 && error.retry_after_s >= 1;
    }
    return false;
  };
  const auto ignore = [](const CommandResult&) {};
  schedule.now += OrderDeskLimits{}.disk_full_pause_ns - 1;
  EXPECT_TRUE(refused([&] { place(6); }));
  EXPECT_TRUE(refused([&] { desk.replace(kAccount, {.order_id = 77}, ignore); }));
  EXPECT_EQ(venue.numbers, first);
  desk.cancel(kAccount, {.order_id = 77}, ignore);
  EXPECT_EQ(venue.numbers, first + 1) << "cancels are taken";
  schedule.now += 1;
  EXPECT_EQ(place(6), first + 2);
}

/// While the follower is away the engine's reports must do; an order that never rests is not said
/// to be open because the report of its end has been lost on the way.
TEST_F(Desk, AnOrderThatNeverRestsIsToldWhenItsEndIs) {
  markets.define(test::kcn_eur());
  NewOrder ioc = order(5);
  ioc.request.time_in_force = proto::TimeInForce::ImmediateOrCancel;
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

/// A command of many reports comes in several datagrams: a mass cancel first tells that it was
/// accepted, and what it has cancelled maybe with the next one.
TEST_F(Desk, AListDoesNotClaimACommandOfWhichReportsAreOnTheirWay) {
  markets.define(test::kcn_eur());
  TradeApi trade(schedule, {100, 100}, markets, accounts, desk);
  accounts.on_complete(100);
  accounts.use(kAccount);
  venue.account_asked.at(0)({true, 100, {open_order()}, 100, 4});
  accounts.on_activity(report({ReportKind::MassCancelAccepted, 4, 102}));
  venue.complete = 101;
  accounts.on_complete(101);
  const auto list = [&] {
    std::string json;
    trade.open_orders({.user = 1, .account = kAccount},
                      web::parse_json(R"({"status":"open"})").object(),
                      [&](const Answer& answer) { json = answer.json; });
    return web::parse_json(json).object();
  };
  EXPECT_EQ(list().need_array("orders", 10).size(), 1u);
  EXPECT_EQ(list().need_integer("sequence", 0, 1'000), 101);
  accounts.on_activity(report({ReportKind::OrderCancelled, 5, 102, 77, 5, 2500, 10, 0, 0,
                               Reason::CANCEL_MASS}));
  venue.complete = 102;
  accounts.on_complete(102);
  EXPECT_TRUE(list().need_array("orders", 10).empty());
  EXPECT_EQ(list().need_integer("sequence", 0, 1'000), 102);
}

/// The reports that have come were nobody's then, and do not come again.
TEST_F(Desk, WhoComesAmidTheReportsOfACommandIsLoadedWithAllOfIt) {
  accounts.on_activity(report({ReportKind::OrderCancelled, 4, 101, 77, 5, 2500, 10, 0, 0,
                               Reason::CANCEL_MASS}));
  accounts.use(kAccount);
  EXPECT_EQ(venue.asked_at_least, 101u);
  accounts.on_lost();  // maybe with the end of the log: then 101 need not come again
  EXPECT_EQ(venue.asked_at_least, 100u);
}

/// The feed tells what markets there are, and may come after the venue has carried something out:
/// 503 would say that nothing was done.
TEST_F(Desk, WhatWasDoneAndCannotBeShownIsNotSaidToBeUndone) {
  TradeApi trade{schedule, {}, markets, accounts, desk};
  std::vector<Answer> told;
  trade.cancel_order({.user = kAccount, .account = kAccount},
                     web::parse_json("{\"order_id\":\"77\"}").object(),
                     [&](const Answer& answer) { told.push_back(answer); });
  proto::Report cancelled =
      report({ReportKind::OrderCancelled, 4, 90, 77, 5, 2500, 10, 0, 0, Reason::CANCEL_REQUESTED});
  cancelled.mutate_client_sequence(venue.numbers);
  desk.on_report(cancelled);
  decide(venue.numbers, client::Result::kAccepted, Reason::NONE, 77);
  schedule.now += OrderDeskLimits{}.follower_patience_ns;
  desk.poll();
  ASSERT_EQ(told.size(), 1u);
  ASSERT_TRUE(told[0].error);
  EXPECT_EQ(told[0].error->code, "OUTCOME_UNKNOWN");
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
