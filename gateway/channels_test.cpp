// Public channels: snapshots, differences and the chain of sequences, on books moved by hand.
#include <gtest/gtest.h>

#include "gateway/public_channels.hpp"
#include "gateway/test_market.hpp"

namespace saker::gateway {
namespace {

struct Listener : Subscriber {
  std::vector<std::string> texts;
  void push(const SharedText& text) override { texts.push_back(*text); }
  web::Fields last() const {
    return web::parse_json(texts.back()).object().need_object("data");
  }
};

class Channels : public ::testing::Test {
 protected:
  Channels() : channels(PublicLimits{.max_streams = 4}, markets, states) {
    markets.define(test::kcn_eur());
    states.on_book(1, &book);
  }
  void subscribe(Listener& listener, const std::string& name) {
    channels.subscribe(listener, name, parse_channel(name));
    channels.snapshot(listener, name, feed, now_ms);
  }
  void order(std::int64_t price, std::int64_t quantity, proto::Side side = proto::Side::Buy) {
    book.add(++feed, side, price, quantity);
    ++states.at(1).book_version;
  }
  void trade(std::int64_t price, std::int64_t quantity = 1) {
    ++feed;
    states.on_trade(1, {feed, price, quantity, now_ms, true}, feed);
  }
  void tick(std::uint64_t ms) {
    now_ms += ms;
    channels.tick(feed, now_ms);
  }
  static std::int64_t number(const web::Fields& fields, const char* key) {
    return fields.need_integer(key, 0, INT64_MAX);
  }

  Markets markets;
  MarketStates states;
  client::OrderBook book;
  PublicChannels channels;
  std::uint64_t feed = 100;
  std::uint64_t now_ms = 1'000'000;
};

TEST_F(Channels, ABookIsASnapshotAndWhatChangedSince) {
  const std::string name = "book.KCN/EUR.none.2.100ms";
  order(2500, 3);
  Listener listener;
  subscribe(listener, name);
  ASSERT_EQ(listener.texts.size(), 1u);
  EXPECT_EQ(listener.texts[0],
            R"({"channel":"book.KCN/EUR.none.2.100ms","data":{"market":"KCN/EUR",)"
            R"("prev_sequence":null,"sequence":101,"snapshot":true,"bids":[["25.00","3"]],)"
            R"("asks":[],"time":1000000}})");
  tick(100);
  EXPECT_EQ(listener.texts.size(), 1u);  // nothing has changed
  order(2501, 1);
  order(2499, 9);  // outside the depth
  tick(100);
  ASSERT_EQ(listener.texts.size(), 2u);
  EXPECT_EQ(number(listener.last(), "prev_sequence"), 101);
  EXPECT_EQ(number(listener.last(), "sequence"), 103);
  EXPECT_NE(listener.texts[1].find(R"("bids":[["25.01","1"]])"), std::string::npos);
  order(2502, 1);  // pushes 25.00 out of the depth
  tick(10);
  EXPECT_EQ(listener.texts.size(), 2u);  // the interval is not over
  tick(100);
  EXPECT_NE(listener.texts[2].find(R"("bids":[["25.02","1"],["25.00","0"]])"), std::string::npos)
      << listener.texts[2];
}

TEST_F(Channels, GoOnWhenTheHostsClockIsSetBack) {
  Listener listener;
  order(2500, 3);
  subscribe(listener, "book.KCN/EUR.none.2.100ms");
  now_ms -= 600'000;
  order(2501, 1);
  tick(100);
  ASSERT_EQ(listener.texts.size(), 2u);
  order(2502, 1);
  tick(10);
  EXPECT_EQ(listener.texts.size(), 2u);  // the interval is not over
  tick(100);
  EXPECT_EQ(listener.texts.size(), 3u);
}

TEST_F(Channels, WhoComesLaterGetsWhatWasPublishedLast) {
  const std::string name = "book.KCN/EUR.none.20.1000ms";
  order(2500, 3);
  Listener first, second;
  subscribe(first, name);
  order(2501, 3);
  subscribe(second, name);  // between two pushes
  EXPECT_EQ(number(second.last(), "sequence"), 101);
  EXPECT_EQ(second.texts[0].find("25.01"), std::string::npos);
  tick(1'000);
  EXPECT_EQ(first.texts.back(), second.texts.back());
  EXPECT_EQ(number(second.last(), "prev_sequence"), 101);
  channels.unsubscribe(first, name);
  order(2502, 3);
  tick(1'000);
  EXPECT_EQ(first.texts.size(), 2u);
  EXPECT_EQ(second.texts.size(), 3u);
  channels.unsubscribe(second, name);
  EXPECT_EQ(channels.streams(), 0u);
}

TEST_F(Channels, ABookThatIsNotExactIsNotShown) {
  states.on_book(1, nullptr);
  Listener listener;
  subscribe(listener, "book.KCN/EUR.none.20.50ms");
  tick(50);
  EXPECT_TRUE(listener.texts.empty());
  order(2500, 1);
  states.on_book(1, &book);
  tick(50);
  ASSERT_EQ(listener.texts.size(), 1u);
  EXPECT_TRUE(listener.last().need_boolean("snapshot"));
  // Gone and back again: the chain goes on from what was published.
  states.on_book(1, nullptr);
  tick(50);
  order(2501, 1);
  states.on_book(1, &book);
  tick(50);
  EXPECT_EQ(number(listener.last(), "prev_sequence"), 101);
}

TEST_F(Channels, TradesComeOnceAndInOrder) {
  trade(2500);
  Listener listener;
  subscribe(listener, "trades.KCN/EUR");
  EXPECT_NE(listener.texts[0].find(R"("trade_id":"101")"), std::string::npos);
  trade(2501);
  trade(2502);
  tick(50);
  const auto trades = listener.last().need_array("trades", 10);
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[0].object().need_id("trade_id"), 102u);
  EXPECT_EQ(number(listener.last(), "prev_sequence"), 101);
}

TEST_F(Channels, MissedTradesAreBroughtInBeforeTheNextPush) {
  trade(2500);
  Listener listener;
  subscribe(listener, "trades.KCN/EUR");
  states.load_history(1, {}, {});
  states.on_trades_lost();
  feed += 5;
  trade(2507);
  tick(50);
  EXPECT_EQ(listener.texts.size(), 1u);  // 102 to 106 are missing
  std::vector<Trade> history;
  for (std::uint64_t id = 101; id <= 107; ++id) history.push_back({id, 2500, 1, now_ms, true});
  states.load_history(1, {}, history);
  tick(50);
  ASSERT_EQ(listener.texts.size(), 2u);
  EXPECT_EQ(listener.last().need_array("trades", 10).size(), 6u);
  EXPECT_FALSE(listener.last().has("snapshot"));
}

TEST_F(Channels, AGapThatCannotBeFilledIsASnapshot) {
  trade(2500);
  Listener listener;
  subscribe(listener, "trades.KCN/EUR");
  states.forget_tapes();
  feed += 5;
  trade(2507);
  states.load_history(1, {}, std::vector<Trade>{{107, 2507, 1, now_ms, true}});
  tick(50);
  ASSERT_EQ(listener.texts.size(), 2u);
  EXPECT_TRUE(listener.last().need_boolean("snapshot"));
}

TEST_F(Channels, TickersAtMostTwiceASecond) {
  Listener listener;
  trade(2500);
  subscribe(listener, "ticker.KCN/EUR");
  for (int i = 0; i < 100; ++i) {
    trade(2500 + i);
    tick(10);
  }
  EXPECT_LE(listener.texts.size(), 1u + 2u);
  EXPECT_EQ(listener.last().need_text("last").substr(0, 3), "25.");
}

TEST_F(Channels, CandlesWaitForTheHistory) {
  Listener listener;
  trade(2500);
  subscribe(listener, "candles.KCN/EUR.1m");
  tick(250);
  EXPECT_TRUE(listener.texts.empty());
  states.load_history(1, {}, {});
  tick(250);
  ASSERT_EQ(listener.texts.size(), 1u);
  EXPECT_EQ(listener.last().need_object("candle").need_text("close"), "25.00");
}

TEST_F(Channels, ANewEpochIsASnapshotForEverybody) {
  const std::string name = "book.KCN/EUR.none.20.50ms";
  order(2500, 3);
  Listener listener;
  subscribe(listener, name);
  channels.restart();
  feed = 3;
  ++states.at(1).book_version;
  tick(50);
  ASSERT_EQ(listener.texts.size(), 2u);
  EXPECT_TRUE(listener.last().need_boolean("snapshot"));
  EXPECT_EQ(number(listener.last(), "sequence"), 3);
}

TEST_F(Channels, Limits) {
  Listener listener;
  const auto refused = [&](const std::string& name) {
    try {
      channels.subscribe(listener, name, parse_channel(name));
    } catch (const web::ApiError& error) {
      return error.code;
    }
    return std::string("none");
  };
  EXPECT_EQ(refused("trades.NO/PE"), "NOT_FOUND");
  EXPECT_EQ(refused("book.KCN/EUR.0.015.20.50ms"), "INVALID_REQUEST");
  EXPECT_EQ(refused("book.KCN/EUR.-1.20.50ms"), "INVALID_REQUEST");
  for (int depth = 1; depth <= 4; ++depth) {
    EXPECT_EQ(refused("book.KCN/EUR.none." + std::to_string(depth) + ".50ms"), "none");
  }
  EXPECT_EQ(refused("book.KCN/EUR.none.5.50ms"), "UNAVAILABLE");
  EXPECT_EQ(refused("book.KCN/EUR.none.4.50ms"), "none");  // one that is there
}

}  // namespace
}  // namespace saker::gateway
