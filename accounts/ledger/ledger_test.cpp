// The ledger's book and the comparison with the engine, without a database.
#include <gtest/gtest.h>

#include "accounts/ledger/comparison.hpp"
#include "accounts/ledger/ledger_book.hpp"
#include "events/journal_worker.hpp"

namespace saker::accounts {
namespace {

using core::LedgerLeg;
using core::LegReason;
using events::Refused;
using follower::OrderEvent;
using follower::TradeEvent;
using proto::ReportKind;

/// One command's events, with what they point to.
struct Events {
  explicit Events(Sequence sequence) {
    entry.sequence = sequence;
    entry.time_ns = sequence * 10;
  }
  Events& leg(LegReason reason, std::uint32_t account, std::uint32_t asset, Minor amount,
              Minor balance, std::uint64_t reference = 1) {
    legs.push_back({reference, amount, balance, account, asset, 1, reason, {}});
    return *this;
  }
  /// `amount` of asset 1 from outside; the account has `balance` then.
  Events& deposit(std::uint32_t account, Minor amount, Minor balance) {
    leg(LegReason::kDeposit, account, 1, amount, balance);
    return leg(LegReason::kDeposit, 0, 1, -amount, 0);
  }
  Events& order(ReportKind kind, std::uint64_t order_id, std::int64_t leaves,
                std::int64_t cumulative = 0) {
    OrderEvent event;
    event.kind = raw(kind);
    event.order_id = order_id;
    event.client_order_id = order_id + 1'000;
    event.account = 10;
    event.price_ticks = 50;
    event.quantity_lots = leaves + cumulative;
    event.leaves_lots = leaves;
    event.cumulative_lots = cumulative;
    orders.push_back(event);
    return *this;
  }
  follower::CommandEvents view() const { return {entry, legs, trades, orders}; }

  follower::EventEntry entry;
  std::vector<LedgerLeg> legs;
  std::vector<TradeEvent> trades;
  std::vector<OrderEvent> orders;
};

void expect_refused(LedgerBook& book, const Events& events, const std::string& why) {
  try {
    book.add(events.view());
    ADD_FAILURE() << "taken, though: " << why;
  } catch (const Refused& refusal) {
    EXPECT_NE(std::string(refusal.what()).find(why), std::string::npos) << refusal.what();
    EXPECT_FALSE(refusal.fork);
  }
}

TEST(LedgerBook, BalancesFollowTheLegs) {
  LedgerBook book(0, 10);
  EXPECT_EQ(book.add(Events(5).deposit(10, 500, 500).view()), 2u);
  EXPECT_EQ(book.add(Events(6).deposit(10, 20, 520).deposit(11, 1, 1).view()), 4u);
  EXPECT_EQ(book.balance(10, 1), 520);
  EXPECT_EQ(book.balance(0, 1), -521);
  EXPECT_EQ(book.entries.rows(), 6u);
  EXPECT_EQ(book.changed_balances().size(), 3u) << "each once, however often it changed";
  ASSERT_EQ(book.changed_totals().size(), 1u);
  EXPECT_EQ(book.changed_totals()[0].second->deposits, 521);
  book.written();
  EXPECT_TRUE(book.entries.empty());
  EXPECT_TRUE(book.changed_balances().empty());
  EXPECT_TRUE(book.changed_totals().empty());
  book.add(Events(7).leg(LegReason::kWithdrawal, 10, 1, -20, 500)
               .leg(LegReason::kWithdrawal, 0, 1, 20, 0).view());
  EXPECT_EQ(book.changed_totals()[0].second->withdrawals, 20);
  EXPECT_EQ(book.balance(10, 1), 500);
}

TEST(LedgerBook, RefusesWhatDoesNotFit) {
  LedgerBook book(0, 10);
  book.add(Events(5).deposit(10, 500, 500).view());
  expect_refused(book, Events(6).deposit(10, 5, 506),
                 "contradiction at sequence 6, leg 0: account 10 has 500 of asset 1, the leg adds "
                 "5 and says that it has 506 then");
  book.clear();
  expect_refused(book, Events(7).leg(LegReason::kTransfer, 10, 1, 5, 5), "add up to 5 in asset 1");
  book.clear();
  book.add(Events(1).deposit(10, INT64_MAX, INT64_MAX).view());
  expect_refused(book, Events(2).deposit(10, 1, INT64_MIN), "contradiction at sequence 2");
  book.clear();
  EXPECT_EQ(book.balance(10, 1), 0);
  book.load(BalanceRow{.account = 10, .asset = 1, .balance = 7});
  book.load(BalanceRow{.account = 0, .asset = 1, .balance = -7});
  book.add(Events(9).deposit(10, 5, 12).view());
  EXPECT_EQ(book.balance(10, 1), 12);
}

/// Account 10 buys 4 lots at 50 from account 2: 4 of asset 2 for 200 of asset 1, fee 1.
Events trade_events(Sequence sequence, std::uint64_t taker_order, std::int64_t leaves) {
  Events events(sequence);
  events.leg(LegReason::kTrade, 10, 2, 4, 4, 77)
      .leg(LegReason::kTrade, 2, 2, -4, 6, 77)
      .leg(LegReason::kTrade, 2, 1, 200, 200, 77)
      .leg(LegReason::kTrade, 10, 1, -200, 800, 77)
      .leg(LegReason::kFee, 10, 1, -1, 799, 77)
      .leg(LegReason::kFee, 1, 1, 1, 1, 77);
  TradeEvent trade;
  trade.trade_id = 77;
  trade.price_ticks = 50;
  trade.quantity_lots = 4;
  trade.taker_order_id = taker_order;
  trade.maker_order_id = 5;
  trade.taker_account = 10;
  trade.maker_account = 2;
  trade.taker_fee = 1;
  trade.taker_leaves_lots = leaves;
  trade.taker_cumulative_lots = 4;
  events.trades.push_back(trade);
  return events;
}
LedgerBook funded() {
  LedgerBook book(0, 10);
  book.load(BalanceRow{.account = 10, .asset = 1, .balance = 1'000});
  book.load(BalanceRow{.account = 2, .asset = 2, .balance = 10});
  return book;
}

TEST(LedgerBook, AnOrderThatTradesWhenItIsEntered) {
  LedgerBook book = funded();
  Events events = trade_events(20, 900, 6);
  events.order(ReportKind::OrderAccepted, 900, 10);
  book.add(events.view());
  EXPECT_EQ(book.trades.rows(), 1u);
  ASSERT_EQ(book.changed_orders().size(), 1u) << "the maker's account is not kept";
  const OrderRow& order = *book.changed_orders()[0];
  EXPECT_EQ(order.created_sequence, 20u);
  EXPECT_EQ(order.order_id, 900u);
  EXPECT_EQ(order.leaves_lots, 6);
  EXPECT_EQ(order.filled_lots, 4);
  EXPECT_EQ(order.filled_quote, 200);
  EXPECT_EQ(order.filled_fee, 1);
  EXPECT_EQ(order.status, OrderStatus::kOpen);
  book.written();
  EXPECT_EQ(book.open_orders(), 1u);
  book.add(Events(21).order(ReportKind::OrderCancelled, 900, 0, 4).view());
  ASSERT_EQ(book.changed_orders().size(), 1u);
  EXPECT_EQ(book.changed_orders()[0]->status, OrderStatus::kCancelled);
  EXPECT_EQ(book.changed_orders()[0]->created_sequence, 20u);
  EXPECT_EQ(book.changed_orders()[0]->updated_sequence, 21u);
  book.written();
  EXPECT_EQ(book.open_orders(), 0u);
}

TEST(LedgerBook, AFilledImmediateOrReplacedOrder) {
  LedgerBook book = funded();
  Events events = trade_events(20, 900, 0);
  events.order(ReportKind::OrderAccepted, 900, 4);
  book.add(events.view());
  EXPECT_EQ(book.changed_orders()[0]->status, OrderStatus::kFilled);
  book.written();
  EXPECT_EQ(book.open_orders(), 0u);

  book = funded();
  events = trade_events(20, 900, 6);
  events.order(ReportKind::OrderAccepted, 900, 10).order(ReportKind::OrderCancelled, 900, 0, 4);
  book.add(events.view());
  EXPECT_EQ(book.changed_orders()[0]->status, OrderStatus::kCancelled) << "the cancel comes last";
  EXPECT_EQ(book.changed_orders()[0]->filled_quote, 200);

  book = funded();
  book.add(Events(19).order(ReportKind::OrderAccepted, 900, 9).view());
  events = trade_events(20, 900, 3);
  events.order(ReportKind::OrderReplaced, 900, 7);
  book.add(events.view());
  ASSERT_EQ(book.changed_orders().size(), 1u);
  EXPECT_EQ(book.changed_orders()[0]->quantity_lots, 7);
  EXPECT_EQ(book.changed_orders()[0]->leaves_lots, 3);
  EXPECT_EQ(book.changed_orders()[0]->created_sequence, 19u);
}

TEST(LedgerBook, RefusedOrdersAndOthersOrders) {
  LedgerBook book(0, 10);
  Events events(30);
  events.order(ReportKind::OrderRejected, 900, 5);  // a duplicate of 900
  book.add(events.view());
  ASSERT_EQ(book.changed_orders().size(), 1u);
  EXPECT_EQ(book.changed_orders()[0]->order_id, 0u);
  EXPECT_EQ(book.changed_orders()[0]->status, OrderStatus::kRejected);
  EXPECT_EQ(book.changed_orders()[0]->leaves_lots, 0);
  book.written();
  EXPECT_EQ(book.open_orders(), 0u);
  Events bots(31);
  bots.order(ReportKind::OrderAccepted, 901, 5);
  bots.orders[0].account = 9;
  book.add(bots.view());
  EXPECT_TRUE(book.changed_orders().empty());
  book.add(Events(32).order(ReportKind::OrderCancelled, 555, 0).view());
  EXPECT_EQ(book.unknown_orders(), 1u);
}

TEST(LedgerBook, BustsAreOneRowEach) {
  LedgerBook book = funded();
  book.add(trade_events(20, 900, 0).view());
  EXPECT_EQ(book.unknown_orders(), 1u) << "entered before history began";
  book.add(Events(21).leg(LegReason::kBust, 10, 2, -4, 0, 77).leg(LegReason::kBust, 2, 2, 4, 10, 77)
               .leg(LegReason::kBust, 2, 1, -200, 0, 77).leg(LegReason::kBust, 10, 1, 200, 999, 77)
               .view());
  EXPECT_EQ(book.busts.rows(), 1u);
}

TEST(LedgerBook, ATradeNeedsItsLegs) {
  LedgerBook book = funded();
  Events events = trade_events(20, 900, 0);
  events.trades[0].trade_id = 78;
  expect_refused(book, events, "trade 78 of sequence 20 has no legs");
}

// ---- the comparison ------------------------------------------------------------------------

TEST(Comparison, EqualAndNot) {
  Balances engine;
  LedgerBalances ledger;
  engine.sequence = ledger.sequence = 8;
  engine.accounts = {{{10, 1}, 70}, {{11, 1}, 30}, {{11, 2}, 5}};
  ledger.accounts = engine.accounts;
  ledger.flows = {{1, {120, 20}}, {2, {5, 0}}};
  Comparison comparison = compare(engine, ledger);
  EXPECT_TRUE(comparison.equal());
  EXPECT_EQ(comparison.accounts, 2u);
  EXPECT_EQ(comparison.summary(), "no difference");

  ledger.accounts[{10, 1}] = 69;   // one unit that went missing
  ledger.accounts.erase({11, 2});  // an account that is not there
  ledger.accounts[{12, 2}] = 5;    // one that should not be
  comparison = compare(engine, ledger);
  EXPECT_FALSE(comparison.equal());
  ASSERT_EQ(comparison.differences.size(), 3u);
  EXPECT_EQ(comparison.differences[0].engine - comparison.differences[0].ledger, 1);
  EXPECT_FALSE(comparison.totals[0].balanced());
  EXPECT_TRUE(comparison.totals[1].balanced()) << "moved within an asset";
  EXPECT_NE(comparison.summary().find("account 10 asset 1: engine 70, ledger 69"),
            std::string::npos);

  ledger.accounts = engine.accounts;
  ledger.flows[2].deposits = 6;
  comparison = compare(engine, ledger);
  EXPECT_TRUE(comparison.differences.empty());
  EXPECT_FALSE(comparison.equal()) << "more came in than is there";
  EXPECT_NE(comparison.summary().find("asset 2: engine 5, ledger 5, deposits less withdrawals 6"),
            std::string::npos)
      << comparison.summary();
}

TEST(Comparison, NamesAFew) {
  Balances engine;
  LedgerBalances ledger;
  for (std::uint32_t account = 1; account <= 9; ++account) engine.accounts[{account, 1}] = 1;
  const std::string summary = compare(engine, ledger).summary();
  EXPECT_NE(summary.find("account 5 "), std::string::npos);
  EXPECT_EQ(summary.find("account 6 "), std::string::npos);
  EXPECT_NE(summary.find("and 4 more"), std::string::npos);
}

}  // namespace
}  // namespace saker::accounts
