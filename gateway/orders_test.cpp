// Orders as requests ask for them and as reports tell them; an account's view and its load.
#include <gtest/gtest.h>

#include "gateway/account_view.hpp"
#include "gateway/emit.hpp"
#include "gateway/order_request.hpp"
#include "gateway/test_market.hpp"

namespace saker::gateway {
namespace {

using proto::Reason;
using proto::ReportKind;
using test::report;

class Orders : public ::testing::Test {
 protected:
  Orders() {
    markets.define(test::kcn_eur());
    markets.define(test::btc_eur());
  }
  NewOrder read(const std::string& json) {
    return read_new_order(web::parse_json(json).object(), markets);
  }
  std::string refusal(const std::string& json) {
    try {
      read(json);
    } catch (const web::ApiError& error) {
      return error.what();
    }
    return "none";
  }
  std::string json_of(const Order& order) {
    web::Writer out;
    write_order(out, order, *markets.find(order.market));
    return out.take();
  }
  Markets markets, unknown_markets;
};

/// A gateway that has just started: not "there is none", which a customer would believe.
TEST_F(Orders, BeforeTheFeedHasComeNoMarketIsDenied) {
  EXPECT_THROW(markets.need("XYZ/EUR"), web::ApiError);
  for (const Markets& known : {std::cref(markets), std::cref(unknown_markets)}) {
    try {
      known.need("XYZ/EUR");
    } catch (const web::ApiError& error) {
      EXPECT_EQ(error.status, &known == &markets ? 404 : 503);
    }
  }
  EXPECT_THROW(unknown_markets.need("KCN/EUR"), web::ApiError);
}

TEST_F(Orders, RequestsBecomeTicksAndLots) {
  const NewOrder limit = read(R"({"market":"BTC/EUR","side":"sell","type":"limit",
      "price":"90001","quantity":"0.07","client_order_id":"42"})");
  EXPECT_EQ(limit.request.market, 2u);
  EXPECT_EQ(limit.request.price_ticks, 90'001);
  EXPECT_EQ(limit.request.quantity_lots, 7);
  EXPECT_EQ(limit.request.client_order_id, 42u);
  EXPECT_EQ(limit.request.time_in_force, proto::TimeInForce::GoodTillCancel);
  const NewOrder market = read(R"({"market":"KCN/EUR","side":"buy","type":"market",
      "quantity":"3"})");
  EXPECT_EQ(market.request.time_in_force, proto::TimeInForce::ImmediateOrCancel);
  EXPECT_EQ(market.request.price_ticks, 1'000'000);  // the engine's protection is stricter
  const NewOrder budget = read(R"({"market":"KCN/EUR","side":"buy","type":"market",
      "quote_amount":"60.00"})");
  EXPECT_EQ(budget.request.quote_budget, 6'000);
  EXPECT_EQ(budget.request.price_ticks, 0);
  EXPECT_EQ(budget.wish().budget_minor, 6'000);
}

TEST_F(Orders, RequestsThatMakeNoSense) {
  const std::string base = R"("market":"KCN/EUR","side":"buy")";
  EXPECT_EQ(refusal("{" + base + R"(,"type":"limit","price":"25.00","quantity":"1"})"), "none");
  for (const char* rest :
       {R"(,"type":"limit","quantity":"1")", R"(,"type":"limit","price":"25.00")",
        R"(,"type":"limit","price":25,"quantity":"1")",
        R"(,"type":"limit","price":"25.00","quantity":"1","quote_amount":"5")",
        R"(,"type":"limit","price":"25.00","quantity":"1","client_order_id":"0")",
        R"(,"type":"limit","price":"25.00","quantity":"1","client_order_id":"9223372036854775808")",
        R"(,"type":"limit","price":"25.00","quantity":"1","account":"9")",
        R"(,"type":"market")", R"(,"type":"market","quantity":"1","time_in_force":"gtc")",
        R"(,"type":"market","quantity":"1","quote_amount":"5.00")",
        R"(,"type":"market","price":"25.00","quote_amount":"5.00")", R"(,"type":"stop")"}) {
    EXPECT_NE(refusal("{" + base + rest + "}"), "none") << rest;
  }
  EXPECT_NE(refusal(R"({"market":"KCN/EUR","side":"sell","type":"market","quote_amount":"5.00"})"),
            "none");
}

TEST_F(Orders, OneNameOnly) {
  const auto name = [](const char* json) {
    return read_order_name(web::parse_json(json).object());
  };
  EXPECT_EQ(name(R"({"order_id":"7"})").order_id, 7u);
  EXPECT_EQ(name(R"({"client_order_id":"7"})").client_order_id, 7u);
  EXPECT_THROW(name("{}"), web::ApiError);
  EXPECT_THROW(name(R"({"order_id":"7","client_order_id":"7"})"), web::ApiError);
}

TEST_F(Orders, AStoryFromReports) {
  AccountOrders orders;
  orders.expect(0, 5, {proto::OrderType::Limit, proto::TimeInForce::GoodTillCancel, false});
  const Order* order = orders.on_report(report({ReportKind::OrderAccepted, 1, 10, 99, 5, 2500, 10,
                                                10, 0}));
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->status, OrderStatus::kOpen);
  order = orders.on_report(report({ReportKind::OrderFilled, 2, 11, 99, 5, 2500, 4, 6, 4}));
  EXPECT_EQ(order->status, OrderStatus::kPartiallyFilled);
  order = orders.on_report(report({ReportKind::OrderFilled, 3, 12, 99, 5, 2501, 1, 5, 5}));
  EXPECT_EQ(order->quantity_lots, 10);
  EXPECT_EQ(order->price_ticks, 2500);
  EXPECT_NE(json_of(*order).find(R"("average_price":"25.002")"), std::string::npos);
  order = orders.on_report(report({ReportKind::OrderReplaced, 4, 13, 99, 6, 2600, 8, 3, 5}));
  EXPECT_EQ(orders.find_client_order(6), order);
  EXPECT_EQ(orders.find_client_order(5), nullptr);
  order = orders.on_report(report(
      {ReportKind::OrderCancelled, 5, 14, 99, 6, 2600, 8, 0, 5, Reason::CANCEL_REQUESTED}));
  EXPECT_EQ(order->status, OrderStatus::kCancelled);
  EXPECT_TRUE(orders.open().empty());
  EXPECT_EQ(orders.find(99), order);
  EXPECT_NE(json_of(*order).find(R"("remaining_quantity":"0")"), std::string::npos);
  EXPECT_NE(json_of(*order).find(R"("reason":"CANCEL_REQUESTED")"), std::string::npos);
  EXPECT_EQ(orders.on_report(report({ReportKind::FundsChanged, 6, 15})), nullptr);
}

/// A try that came to nothing is not what the order is that the next one placed.
TEST_F(Orders, AnOrderIsWhatItsOwnRequestSaid) {
  AccountOrders orders;
  const OrderWish market{proto::OrderType::Market, proto::TimeInForce::ImmediateOrCancel, false};
  orders.expect(1, 5, market);
  orders.expect(2, 5, {});
  proto::Report accepted = report({ReportKind::OrderAccepted, 1, 10, 99, 5, 2500, 10, 10, 0});
  accepted.mutate_client_sequence(2);
  const Order* order = orders.on_report(accepted);
  EXPECT_EQ(order->type, proto::OrderType::Limit);
  EXPECT_TRUE(order->kind_known);
  accepted.mutate_order_id(100);
  EXPECT_FALSE(orders.on_report(accepted)->kind_known);  // of another session
}

TEST_F(Orders, AMarketBuyByAmount) {
  AccountOrders orders;
  orders.expect(0, 5, {proto::OrderType::Market, proto::TimeInForce::ImmediateOrCancel, true});
  orders.on_report(report({ReportKind::OrderAccepted, 1, 10, 99, 5, 2700, 1'000'000, 1'000'000}));
  orders.on_report(report({ReportKind::OrderFilled, 2, 10, 99, 5, 2500, 2, 999'998, 2}));
  const Order* order = orders.on_report(report({ReportKind::OrderCancelled, 3, 10, 99, 5, 2700,
                                                1'000'000, 0, 2, Reason::CANCEL_BUDGET_SPENT}));
  const std::string json = json_of(*order);
  EXPECT_NE(json.find(R"("type":"market","time_in_force":"ioc","price":null,"quantity":"2")"),
            std::string::npos)
      << json;
}

TEST_F(Orders, EndedOrdersAreKeptForAWhileOnly) {
  AccountOrders orders;
  for (std::uint64_t id = 1; id <= 1'000; ++id) {
    orders.expect(0, id, {});
    orders.on_report(report({ReportKind::OrderAccepted, id, id, id, id, 2500, 1, 1}));
    orders.on_report(report({ReportKind::OrderFilled, id, id, id, id, 2500, 1, 0, 1}));
  }
  EXPECT_EQ(orders.find(1'000 - AccountOrders::kMostClosed), nullptr);
  EXPECT_NE(orders.find(1'001 - AccountOrders::kMostClosed), nullptr);
}

TEST_F(Orders, TheSameOrderAgain) {
  const std::string json = R"({"market":"KCN/EUR","side":"buy","type":"limit","price":"25.00",
      "quantity":"4","client_order_id":"5"})";
  const NewOrder request = read(json);
  Order order;
  order.market = 1;
  order.price_ticks = 2500;
  order.quantity_lots = 4;
  EXPECT_TRUE(same_order(request, order));
  order.filled_lots = 3;
  EXPECT_TRUE(same_order(request, order));
  for (auto change : {+[](Order& o) { o.price_ticks = 2501; }, +[](Order& o) { o.market = 2; },
                      +[](Order& o) { o.side = proto::Side::Sell; },
                      +[](Order& o) { o.quantity_lots = 5; },
                      +[](Order& o) { o.type = proto::OrderType::Market; },
                      +[](Order& o) { o.time_in_force = proto::TimeInForce::ImmediateOrCancel; }}) {
    Order other = order;
    change(other);
    EXPECT_FALSE(same_order(request, other));
  }
}

TEST_F(Orders, AMarketBuyByAnotherAmountIsAnotherOrder) {
  const auto by_amount = [&](const char* amount) {
    return read(R"({"market":"KCN/EUR","side":"buy","type":"market","quote_amount":")" +
                std::string(amount) + R"("})");
  };
  Order order;
  order.market = 1;
  order.quantity_lots = 1'000'000;
  apply_wish(order, by_amount("60.00").wish());
  EXPECT_TRUE(same_order(by_amount("60.00"), order));
  EXPECT_FALSE(same_order(by_amount("60.01"), order));
  // Its budget being spent tells the type, and not what the budget was.
  const OrderStory story = story_of(
      99, std::vector{report({ReportKind::OrderAccepted, 1, 10, 99, 5, 2700, 1'000'000, 1'000'000}),
                      report({ReportKind::OrderCancelled, 3, 10, 99, 5, 2700, 1'000'000, 0, 2,
                              Reason::CANCEL_BUDGET_SPENT})});
  EXPECT_FALSE(same_as_reported(by_amount("60.00"), story, nullptr));
  EXPECT_TRUE(same_as_reported(by_amount("60.00"), story, &order));
}

proto::OpenOrder open_order(std::uint64_t id, std::int64_t leaves, std::int64_t filled) {
  proto::OpenOrder open;
  open.mutate_order_id(id);
  open.mutate_account(8);
  open.mutate_market(1);
  open.mutate_price_ticks(2500);
  open.mutate_quantity_lots(leaves + filled);
  open.mutate_leaves_lots(leaves);
  open.mutate_cumulative_lots(filled);
  return open;
}

TEST_F(Orders, AViewJoinsTheFollowersAnswerAndTheReportsSince) {
  AccountView view(8);
  view.begin_load();
  // Order 1 is in the answer as it was at 20; of 2 the answer knows nothing yet.
  view.on_report(report({ReportKind::OrderFilled, 7, 19, 1, 1, 2500, 2, 8, 2}));
  view.on_report(report({ReportKind::OrderFilled, 8, 21, 1, 1, 2500, 3, 5, 5}));
  view.on_report(report({ReportKind::OrderAccepted, 9, 22, 2, 2, 2400, 1, 1, 0}));
  EXPECT_EQ(view.state(), ViewState::kLoading);
  ASSERT_TRUE(view.finish_load({true, 20, {open_order(1, 8, 2)}, 21, 9}));
  EXPECT_FALSE(view.on_complete(20));
  EXPECT_EQ(view.state(), ViewState::kLoaded);
  EXPECT_TRUE(view.on_complete(22));
  EXPECT_EQ(view.state(), ViewState::kReady);
  ASSERT_EQ(view.orders().open().size(), 2u);
  EXPECT_EQ(view.orders().find(1)->filled_lots, 5);
  EXPECT_FALSE(view.orders().find(1)->fills_known);  // those before the answer were not seen
  EXPECT_EQ(view.account_sequence(), 9u);
  EXPECT_TRUE(view.changed_orders().empty());        // snapshots tell it
  view.on_report(report({ReportKind::OrderCancelled, 10, 23, 2, 2, 2400, 1, 0, 0,
                         Reason::CANCEL_REQUESTED}));
  EXPECT_EQ(view.changed_orders().size(), 1u);
  EXPECT_EQ(view.account_sequence(), 10u);
}

TEST_F(Orders, AViewIsLoadedAgainWhenTooMuchHappenedMeanwhile) {
  AccountView view(8);
  view.begin_load();
  for (std::size_t i = 0; i < AccountView::kMostKept; ++i) {
    view.on_report(report({ReportKind::FundsChanged, i + 1, i + 1}));
  }
  EXPECT_FALSE(view.finish_load({true, 1, {}, 1, 1}));
}

}  // namespace
}  // namespace saker::gateway
