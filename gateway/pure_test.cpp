// Text and units, channel names, aggregated books, candles: what needs no venue.
#include <gtest/gtest.h>

#include "gateway/aggregated_book.hpp"
#include "gateway/channel.hpp"
#include "gateway/emit.hpp"
#include "gateway/history_loader.hpp"
#include "gateway/public_channels.hpp"
#include "gateway/test_market.hpp"
#include "gateway/token_bucket.hpp"

namespace saker::gateway {
namespace {

std::string error_of(const auto& call) {
  try {
    call();
  } catch (const web::ApiError& error) {
    return error.code + ": " + error.what();
  }
  return "none";
}

TEST(Market, TextIsExactBothWays) {
  const Market kcn(test::kcn_eur());
  const Market btc(test::btc_eur());
  EXPECT_EQ(kcn.quantity_decimals(), 0u);
  EXPECT_EQ(btc.quantity_decimals(), 2u);
  EXPECT_EQ(btc.price_text(90'000), "90000.00");
  EXPECT_EQ(btc.quantity_text(1), "0.01");
  EXPECT_EQ(kcn.quantity_text(7), "7");
  for (const Market& market : {kcn, btc}) {
    for (const std::int64_t n : {1ll, 9ll, 10ll, 99ll, 12'345ll, 1'000'000ll, 999'999'999ll}) {
      EXPECT_EQ(market.price_ticks(market.price_text(n), "price"), n);
      EXPECT_EQ(market.quantity_lots(market.quantity_text(n), "quantity"), n);
      EXPECT_EQ(market.quote_minor(market.quote_text(n), "amount"), n);
    }
  }
  EXPECT_EQ(kcn.price_ticks("25", "price"), 2500);
  EXPECT_EQ(kcn.price_ticks("25.1000", "price"), 2510);
}

TEST(Market, WhatIsNotExactIsRefusedByName) {
  const Market btc(test::btc_eur());
  const auto price = [&](const char* text) {
    return error_of([&] { btc.price_ticks(text, "price"); });
  };
  EXPECT_NE(price("1.50").find("INVALID_REQUEST: price: not a whole number of price steps of 1"),
            std::string::npos);
  EXPECT_NE(price("1.005").find("more than 2 places"), std::string::npos);
  for (const char* text : {"", ".", "1.", ".5", "+1", " 1", "1e3", "0x1", "1,5", "NaN", "--1",
                           "99999999999999999999"}) {
    EXPECT_NE(price(text).find("INVALID_REQUEST: price"), std::string::npos) << text;
  }
  for (const char* text : {"0", "-1", "0.00"}) {
    EXPECT_NE(price(text).find("above zero"), std::string::npos) << text;
  }
  EXPECT_NE(error_of([&] { btc.quantity_lots("0.015", "quantity"); }).find("quantity"),
            std::string::npos);
}

TEST(Market, AveragesAndFractions) {
  const Market kcn(test::kcn_eur());
  EXPECT_EQ(kcn.average_price_text(2500 * 3, 3), "25.00");
  EXPECT_EQ(kcn.average_price_text(2500 * 2 + 2501, 3), "25.003333");
  EXPECT_EQ(kcn.average_price_text(2500 + 2501, 2), "25.005");
  EXPECT_EQ(fraction_text(2500, 2525), "0.010000");
  EXPECT_EQ(fraction_text(2500, 2400), "-0.040000");
  EXPECT_EQ(ppm_text(500), "0.0005");
  EXPECT_EQ(ppm_text(0), "0");
  EXPECT_EQ(wide_decimal_text(-5, 2), "-0.05");
  EXPECT_EQ(wide_decimal_text(static_cast<__int128>(INT64_MAX) * 1'000, 3),
            "9223372036854775807.000");
}

TEST(Channel, Names) {
  const Channel plain = parse_channel("book.KCN/EUR.none.20.100ms");
  EXPECT_EQ(plain.market, "KCN/EUR");
  EXPECT_EQ(plain.group, "none");
  EXPECT_EQ(plain.depth, 20u);
  EXPECT_EQ(plain.interval_ms, 100u);
  EXPECT_EQ(parse_channel("book.KCN/EUR.0.10.200.1000ms").group, "0.10");
  EXPECT_EQ(parse_channel("candles.BTC/EUR.4h").interval_ms, 14'400'000u);
  EXPECT_EQ(parse_channel("trades.KCN/EUR").kind, ChannelKind::kTrades);
  EXPECT_TRUE(is_private(parse_channel("orders").kind));
  EXPECT_TRUE(is_private(parse_channel("balances").kind));
  EXPECT_FALSE(is_private(plain.kind));
  for (const char* name :
       {"", ".", "book", "book.", "book.KCN/EUR", "book.KCN/EUR.none.20", "book..none.20.100ms",
        "book.KCN/EUR.20.100ms", "book.KCN/EUR.none.0.100ms", "book.KCN/EUR.none.201.100ms",
        "book.KCN/EUR.none.020.100ms", "book.KCN/EUR.none.-1.100ms", "book.KCN/EUR.none.20.99ms",
        "trades.", "ticker.", "candles.KCN/EUR", "candles.KCN/EUR.2m", "candles..1m", "orders.1",
        "Orders", "book.KCN/EUR.none.99999999999999999999.100ms"}) {
    EXPECT_THROW(parse_channel(name), web::ApiError) << name;
  }
  EXPECT_THROW(parse_channel(std::string(65, 'x')), web::ApiError);
}

TEST(AggregatedBook, GroupsAwayFromTheTouch) {
  client::OrderBook book;
  std::uint64_t id = 0;
  for (const std::int64_t bid : {2499, 2498, 2491, 2490, 2480}) {
    book.add(++id, proto::Side::Buy, bid, 1);
  }
  for (const std::int64_t ask : {2501, 2509, 2510, 2511}) {
    book.add(++id, proto::Side::Sell, ask, 2);
  }
  const Depth exact = aggregate(book, 1, 2);
  EXPECT_EQ(exact.bids, (std::vector<Level>{{2499, 1}, {2498, 1}}));
  EXPECT_EQ(exact.asks, (std::vector<Level>{{2501, 2}, {2509, 2}}));
  const Depth grouped = aggregate(book, 10, 2);
  EXPECT_EQ(grouped.bids, (std::vector<Level>{{2490, 4}, {2480, 1}}));
  EXPECT_EQ(grouped.asks, (std::vector<Level>{{2510, 6}, {2520, 2}}));
  EXPECT_EQ(aggregate(client::OrderBook(), 1, 10), Depth());
}

/// A level list as a client keeps it.
void apply(std::map<std::int64_t, std::int64_t>& side, const std::vector<Level>& changes) {
  for (const Level& level : changes) {
    if (level.quantity_lots == 0) {
      EXPECT_EQ(side.erase(level.price_ticks), 1u);
    } else {
      side[level.price_ticks] = level.quantity_lots;
    }
  }
}

TEST(AggregatedBook, DifferencesMakeTheNextBookOfTheLast) {
  std::uint64_t random = 12'345;
  const auto next = [&random](std::uint64_t below) {
    random = random * 6'364'136'223'846'793'005u + 1;
    return static_cast<std::int64_t>((random >> 33) % below);
  };
  const auto levels = [&](std::int64_t first, std::int64_t sign) {
    std::vector<Level> side;
    for (std::int64_t i = 0; i < 12; ++i) {
      if (next(2) == 0) side.push_back({first + sign * i, 1 + next(3)});
    }
    return side;
  };
  Depth before;
  std::map<std::int64_t, std::int64_t> bids, asks;
  for (int round = 0; round < 1'000; ++round) {
    const Depth after{levels(2500 + next(5), -1), levels(2506 + next(5), 1)};
    const Depth changes = difference(before, after);
    apply(bids, changes.bids);
    apply(asks, changes.asks);
    ASSERT_EQ(bids.size(), after.bids.size());
    ASSERT_EQ(asks.size(), after.asks.size());
    for (const Level& level : after.bids) ASSERT_EQ(bids[level.price_ticks], level.quantity_lots);
    for (const Level& level : after.asks) ASSERT_EQ(asks[level.price_ticks], level.quantity_lots);
    EXPECT_EQ(difference(after, after), Depth());
    before = after;
  }
}

TEST(MinuteHistory, EveryTradeOnceWhateverCameFromWhere) {
  const auto trade = [](std::uint64_t id, std::int64_t price, std::uint64_t ms) {
    return Trade{id, price, 2, ms, true};
  };
  const std::uint64_t day = MinuteHistory::kDayMs;
  std::vector<Trade> all;
  for (std::uint64_t id = 1; id <= 50; ++id) {
    all.push_back(trade(id, 2500 + static_cast<std::int64_t>(id % 7), day + id * 7'000));
  }
  MinuteHistory whole;
  for (const Trade& t : all) EXPECT_TRUE(whole.add(t));
  for (const Trade& t : all) EXPECT_FALSE(whole.add(t));
  // A history that ends in the middle of a minute, and a tape that overlaps it.
  for (const std::size_t end : {1u, 20u, 37u, 50u}) {
    MinuteHistory first;
    for (std::size_t i = 0; i < end; ++i) first.add(all[i]);
    std::vector<Candle> minutes;
    for (std::uint64_t ms = day; ms < day + 400'000; ms += 60'000) {
      if (const auto candle = first.candle_at(ms, 60'000)) minutes.push_back(*candle);
    }
    MinuteHistory joined;
    joined.load(minutes, std::span(all).subspan(end / 2));
    for (const std::uint64_t interval : {60'000u, 300'000u, 86'400'000u}) {
      const auto a = whole.candle_at(all.back().time_ms, interval);
      const auto b = joined.candle_at(all.back().time_ms, interval);
      ASSERT_TRUE(a && b);
      EXPECT_EQ(a->trades, b->trades);
      EXPECT_TRUE(a->volume_lots == b->volume_lots);
      EXPECT_EQ(a->open_ticks, b->open_ticks);
      EXPECT_EQ(a->close_ticks, b->close_ticks);
      EXPECT_EQ(a->high_ticks, b->high_ticks);
      EXPECT_EQ(a->low_ticks, b->low_ticks);
      EXPECT_EQ(a->last_trade_id, 50u);
    }
  }
}

TEST(MinuteHistory, ForgetsWhatIsOlderThanADay) {
  MinuteHistory history;
  for (std::uint64_t i = 1; i <= 3'000; ++i) {
    history.add({i, 2500, 1, i * MinuteHistory::kMinuteMs, true});
  }
  EXPECT_LE(history.minutes(), 1'442u);
  const auto last = history.last_day(3'000 * MinuteHistory::kMinuteMs);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->trades, 1'441u);
  EXPECT_FALSE(history.last_day(9'000 * MinuteHistory::kMinuteMs));
}

TEST(HistoryLoader, ReadsWhatMarketdataAnswers) {
  const Market kcn(test::kcn_eur());
  const auto candles = read_candles(
      R"({"market":1,"interval":"1m","sequence":9,"candles":[{"open_time":60000,"open_ticks":2500,
      "high_ticks":2510,"low_ticks":2490,"close_ticks":2505,"volume_lots":"12",
      "quote_volume":"30000","trades":3,"last_trade_id":"7"}]})",
      kcn);
  ASSERT_EQ(candles.size(), 1u);
  web::Writer out;
  write_candle(out, candles[0], kcn);
  EXPECT_EQ(out.text(),
            R"({"open_time":60000,"open":"25.00","high":"25.10","low":"24.90","close":"25.05",)"
            R"("volume":"12","quote_volume":"300.00","trades":3,"last_trade_id":"7"})");
  const auto trades = read_trades(
      R"({"trades":[{"trade_id":"9","price_ticks":2500,"quantity_lots":1,"side":"sell","time":5},
      {"trade_id":"8","price_ticks":2501,"quantity_lots":2,"side":"buy","time":4}]})");
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[0], (Trade{8, 2501, 2, 4, true}));
  EXPECT_THROW(read_trades("{}"), web::ApiError);
  EXPECT_THROW(read_candles(R"({"candles":[{"open_time":-1}]})", kcn), web::ApiError);
}

TEST(TokenBucket, BurstThenRate) {
  const RateLimit limit{10, 5};
  TokenBucket bucket;
  TimeNs now = 1'000'000'000'000;
  int taken = 0;
  while (bucket.take(limit, now)) ++taken;
  EXPECT_EQ(taken, 5);
  now += 100'000'000;
  EXPECT_TRUE(bucket.take(limit, now));
  EXPECT_FALSE(bucket.take(limit, now));
  now += 60'000'000'000;
  for (taken = 0; bucket.take(limit, now);) ++taken;
  EXPECT_EQ(taken, 5);
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(bucket.take(RateLimit{0, 1}, now));
}

}  // namespace
}  // namespace saker::gateway
