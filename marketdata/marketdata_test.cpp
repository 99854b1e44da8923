// Candle arithmetic and what is answered from memory; the rows are tested with a real database in
// tests/settlement.
#include <gtest/gtest.h>

#include "marketdata/market_book.hpp"

namespace saker::marketdata {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
// 2026-11-22 00:00:00 UTC, a multiple of every interval.
constexpr std::int64_t kMidnight = 1'795'305'600;

Trade trade(std::uint64_t id, std::int64_t time_s, std::int64_t price, std::int64_t lots) {
  return {.trade_id = id,
          .time_ns = static_cast<TimeNs>(time_s) * kSecond,
          .price_ticks = price,
          .quantity_lots = lots,
          .quote_amount = price * lots * 3,
          .market = 1};
}

TEST(Candle, EdgesOfEveryInterval) {
  for (const Interval& interval : kIntervals) {
    const std::int64_t begin = kMidnight + 5 * std::int64_t{interval.seconds};
    const auto at = [&](std::int64_t second, TimeNs more_ns) {
      return open_time_s(static_cast<TimeNs>(second) * kSecond + more_ns, interval.seconds);
    };
    EXPECT_EQ(at(begin, 0), begin) << interval.word << ": the first nanosecond is in it";
    EXPECT_EQ(at(begin + interval.seconds - 1, kSecond - 1), begin) << "and the last one";
    EXPECT_EQ(at(begin + interval.seconds, 0), begin + interval.seconds) << "its end is not";
    EXPECT_EQ(at(begin - 1, kSecond - 1), begin - interval.seconds);
  }
  EXPECT_EQ(open_time_s(0, 60), 0);
}

TEST(Candle, DaysBeginAtMidnightUtc) {
  EXPECT_EQ(open_time_s(static_cast<TimeNs>(kMidnight + 86'399) * kSecond, 86'400), kMidnight);
  EXPECT_EQ(kMidnight % 86'400, 0);
}

TEST(Candle, Words) {
  EXPECT_EQ(interval_of("1m"), 0u);
  EXPECT_EQ(interval_of("1d"), 5u);
  EXPECT_FALSE(interval_of("2m"));
  EXPECT_FALSE(interval_of(""));
}

TEST(Candle, TradesInOrder) {
  Candle candle{.open_time_s = kMidnight};
  candle.add(trade(4, kMidnight, 100, 2));
  EXPECT_EQ(candle, (Candle{kMidnight, 100, 100, 100, 100, 2, 600, 1, 4}));
  candle.add(trade(7, kMidnight + 1, 120, 1));
  candle.add(trade(9, kMidnight + 1, 90, 5));
  candle.add(trade(10, kMidnight + 59, 95, 1));
  EXPECT_EQ(candle, (Candle{kMidnight, 100, 120, 90, 95, 9, 600 + 360 + 1'350 + 285, 4, 10}));
}

TEST(Candle, SumsPass64Bits) {
  Candle candle;
  Trade large = trade(1, 0, 1, 1);
  large.quantity_lots = INT64_MAX;
  large.quote_amount = INT64_MAX;
  candle.add(large);
  candle.add(large);
  EXPECT_EQ(candle.volume_lots, Int128{INT64_MAX} * 2);
  EXPECT_EQ(candle.quote_volume, Int128{INT64_MAX} * 2);
}

TEST(Candle, LongerOnesAreSumsOfShorterOnes) {
  std::array<Candle, 3> minutes;
  Candle whole{.open_time_s = kMidnight};
  std::uint64_t id = 0;
  for (std::size_t minute = 0; minute < minutes.size(); ++minute) {
    minutes[minute].open_time_s = kMidnight + 60 * static_cast<std::int64_t>(minute);
    if (minute == 1) continue;  // nobody traded
    const std::int64_t middle = 47 + static_cast<std::int64_t>(minute) * 9;
    for (const std::int64_t price : {std::int64_t{50}, middle, std::int64_t{51}}) {
      const Trade one = trade(++id, minutes[minute].open_time_s, price, 2);
      minutes[minute].add(one);
      whole.add(one);
    }
  }
  Candle sum{.open_time_s = kMidnight};
  for (const Candle& minute : minutes) sum.add(minute);
  EXPECT_EQ(sum, whole);
}

// ---- the book ------------------------------------------------------------------------------

Candle minute(std::int64_t number, std::int64_t price) {
  Candle candle{.open_time_s = kMidnight + 60 * number};
  candle.add(trade(static_cast<std::uint64_t>(number) + 1, candle.open_time_s, price, 1));
  return candle;
}
void publish_minutes(MarketBook& book, std::int64_t from, std::int64_t to) {
  Changes changes;
  for (std::int64_t n = from; n < to; ++n) changes.candles.push_back({1, 0, minute(n, 100 + n)});
  book.publish(changes);
}
std::vector<std::int64_t> times(const std::optional<std::vector<Candle>>& candles) {
  std::vector<std::int64_t> numbers;
  if (!candles) return {-1};
  for (const Candle& candle : *candles) numbers.push_back((candle.open_time_s - kMidnight) / 60);
  return numbers;
}
using Numbers = std::vector<std::int64_t>;
std::optional<std::int64_t> at(std::int64_t number) { return kMidnight + 60 * number; }

TEST(MarketBook, CandlesFromMemory) {
  MarketBook book;
  EXPECT_EQ(times(book.candles({1, 0, {}, {}, 10})), Numbers());
  publish_minutes(book, 0, 10);
  EXPECT_EQ(times(book.candles({1, 0, {}, {}, 3})), (Numbers{7, 8, 9}));
  EXPECT_EQ(times(book.candles({1, 0, {}, at(5), 3})), (Numbers{2, 3, 4}));
  EXPECT_EQ(times(book.candles({1, 0, at(5), {}, 3})), (Numbers{5, 6, 7}));
  EXPECT_EQ(times(book.candles({1, 0, at(8), at(20), 30})), (Numbers{8, 9}));
  EXPECT_EQ(times(book.candles({1, 0, at(6), at(6), 30})), Numbers());
  EXPECT_EQ(times(book.candles({1, 0, at(9), at(2), 30})), Numbers());
  EXPECT_EQ(times(book.candles({1, 3, {}, {}, 30})), Numbers());
  EXPECT_EQ(times(book.candles({2, 0, {}, {}, 30})), Numbers());
}

TEST(MarketBook, WhatMemoryDoesNotHaveIsNotAnswered) {
  MarketBook book;
  const auto kept = static_cast<std::int64_t>(kCandlesKept);
  publish_minutes(book, 0, kept + 5);
  EXPECT_EQ(times(book.candles({1, 0, at(5), {}, 2})), (Numbers{5, 6}));
  EXPECT_EQ(times(book.candles({1, 0, at(4), {}, 2})), Numbers{-1});
  EXPECT_EQ(times(book.candles({1, 0, {}, at(7), 2})), (Numbers{5, 6}));
  EXPECT_EQ(times(book.candles({1, 0, {}, at(7), 3})), Numbers{-1});
  book.load_candles(1, 0, {minute(3, 1)}, true);
  EXPECT_EQ(times(book.candles({1, 0, at(0), {}, 9})), Numbers{3});
}

TEST(MarketBook, AChangedCandleTakesThePlaceOfTheFormer) {
  MarketBook book;
  publish_minutes(book, 0, 5);
  Changes changes;
  changes.candles = {{1, 0, minute(2, 777)}, {1, 0, Candle{.open_time_s = *at(3)}}};
  changes.sequence = 12;
  book.publish(changes);
  EXPECT_EQ(times(book.candles({1, 0, {}, {}, 9})), (Numbers{0, 1, 2, 4}));
  EXPECT_EQ(book.candles({1, 0, at(2), {}, 1})->front().close_ticks, 777);
  EXPECT_EQ(book.sequence(), 12u);
}

TEST(MarketBook, TradesAndBusts) {
  MarketBook book;
  Changes changes;
  for (std::uint64_t id = 1; id <= 5; ++id) changes.trades.push_back(trade(id, kMidnight, 1, 1));
  book.publish(changes);
  const auto ids = [&](std::size_t limit, std::uint64_t before) {
    std::vector<std::uint64_t> ids;
    const auto trades = book.trades(1, limit, before);
    for (const Trade& one : *trades) ids.push_back(one.trade_id);
    return ids;
  };
  EXPECT_EQ(ids(2, 0), (std::vector<std::uint64_t>{5, 4}));
  EXPECT_EQ(ids(9, 4), (std::vector<std::uint64_t>{3, 2, 1}));
  Changes bust;
  bust.busts = {{1, 4}, {1, 99}, {2, 5}};
  book.publish(bust);
  EXPECT_EQ(ids(9, 0), (std::vector<std::uint64_t>{5, 3, 2, 1}));
  changes.trades.clear();
  for (std::uint64_t id = 6; id < 6 + kTradesKept; ++id) {
    changes.trades.push_back(trade(id, kMidnight, 1, 1));
  }
  book.publish(changes);
  EXPECT_TRUE(book.trades(1, kTradesKept, 0));
  EXPECT_FALSE(book.trades(1, 10, 7));
}

TEST(MarketBook, StatisticsAreOfTheLastDay) {
  MarketBook book;
  const auto now = [](std::int64_t number) {
    return static_cast<TimeNs>(*at(number) + 30) * kSecond;
  };
  EXPECT_FALSE(book.statistics(1, now(0)).last_ticks);
  publish_minutes(book, 0, 1'445);
  Statistics day = book.statistics(1, now(1'444));
  EXPECT_EQ(day.last_ticks, 100 + 1'444);
  EXPECT_EQ(day.day.trades, 1'440);
  EXPECT_EQ(day.day.open_ticks, 105);
  EXPECT_EQ(day.day.low_ticks, 105);
  EXPECT_EQ(day.day.high_ticks, 100 + 1'444);
  day = book.statistics(1, now(1'444 + 1'439));
  EXPECT_EQ(day.day.trades, 1);
  day = book.statistics(1, now(1'444 + 1'440));
  EXPECT_EQ(day.day.trades, 0);
  EXPECT_EQ(day.last_ticks, 100 + 1'444) << "the last price stays";
}

}  // namespace
}  // namespace saker::marketdata
