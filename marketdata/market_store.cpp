#include "marketdata/market_store.hpp"

#include <algorithm>
#include <set>

#include "common/clock.hpp"
#include "events/trades.hpp"

namespace saker::marketdata {
namespace {

using events::array_text;
using events::bits;
using events::Database;
using events::Rows;

constexpr const char* kCandleColumns =
    "open_time_s, open_ticks, high_ticks, low_ticks, close_ticks, volume_lots, quote_volume,"
    " trades, last_trade_id";
constexpr std::int64_t kSecondNs = 1'000'000'000;

Candle candle_of(const Rows& rows, int row) {
  Candle candle;
  candle.open_time_s = rows.integer(row, 0);
  candle.open_ticks = rows.integer(row, 1);
  candle.high_ticks = rows.integer(row, 2);
  candle.low_ticks = rows.integer(row, 3);
  candle.close_ticks = rows.integer(row, 4);
  candle.volume_lots = rows.wide(row, 5);
  candle.quote_volume = rows.wide(row, 6);
  candle.trades = rows.integer(row, 7);
  candle.last_trade_id = rows.bits(row, 8);
  return candle;
}

std::string text(std::int64_t number) { return std::to_string(number); }
std::int32_t column(std::uint32_t id) { return static_cast<std::int32_t>(id); }

}  // namespace

std::vector<Candle> read_candles(Database& database, const CandleQuestion& question) {
  const bool forward = question.from_s.has_value();
  const Rows rows = database.run(
      std::string("SELECT ") + kCandleColumns +
          " FROM marketdata.candles WHERE market = $1 AND interval_s = $2"
          " AND open_time_s >= $3 AND open_time_s < $4 ORDER BY open_time_s" +
          (forward ? "" : " DESC") + " LIMIT $5",
      {text(question.market), text(kIntervals[question.interval].seconds),
       text(question.from_s.value_or(INT64_MIN)), text(question.to_s.value_or(INT64_MAX)),
       text(static_cast<std::int64_t>(question.limit))});
  std::vector<Candle> candles;
  for (int i = 0; i < rows.count(); ++i) candles.push_back(candle_of(rows, i));
  if (!forward) std::reverse(candles.begin(), candles.end());
  return candles;
}

std::vector<Trade> read_trades(Database& database, std::uint32_t market, std::size_t limit,
                               std::uint64_t before) {
  const Rows rows = database.run(
      "SELECT trade_id, sequence, time_ns, price_ticks, quantity_lots, quote_amount, taker_side"
      " FROM marketdata.trades t WHERE market = $1 AND trade_id < $2 AND NOT EXISTS"
      " (SELECT FROM marketdata.busts b WHERE b.market = t.market AND b.trade_id = t.trade_id)"
      " ORDER BY trade_id DESC LIMIT $3",
      {text(market), text(before == 0 ? INT64_MAX : bits(before)),
       text(static_cast<std::int64_t>(limit))});
  std::vector<Trade> trades;
  for (int i = 0; i < rows.count(); ++i) {
    Trade trade;
    trade.trade_id = rows.bits(i, 0);
    trade.sequence = rows.bits(i, 1);
    trade.time_ns = rows.bits(i, 2);
    trade.price_ticks = rows.integer(i, 3);
    trade.quantity_lots = rows.integer(i, 4);
    trade.quote_amount = rows.integer(i, 5);
    trade.market = market;
    trade.taker_side = static_cast<std::uint8_t>(rows.integer(i, 6));
    trades.push_back(trade);
  }
  return trades;
}

// ---- reading the state ---------------------------------------------------------------------

events::Cursor MarketSink::load(Database& database) {
  const Rows lock = database.run("SELECT pg_try_advisory_lock(7023, $1)", {text(shard_)});
  if (lock.text(0, 0) != "t") {
    throw events::DatabaseError("another saker-marketdata is at work on this database");
  }
  // What is lost when the server dies is read from the journal again, so nobody waits for a disk.
  database.run("SET synchronous_commit = off");
  current_.clear();
  changed_.clear();
  new_trades_.clear();
  new_busts_.clear();
  database.begin("ISOLATION LEVEL REPEATABLE READ");
  const events::Cursor cursor = events::read_cursor(database, kMarketCursor, shard_);
  const Rows markets =
      database.run("SELECT DISTINCT market FROM marketdata.candles WHERE interval_s = 86400");
  book_.clear();
  for (int i = 0; i < markets.count(); ++i) {
    load_market(database, static_cast<std::uint32_t>(markets.integer(i, 0)));
  }
  book_.set_sequence(cursor.sequence);
  database.commit();
  return cursor;
}

void MarketSink::load_market(Database& database, std::uint32_t market) {
  for (std::size_t i = 0; i < kIntervals.size(); ++i) {
    std::vector<Candle> candles = read_candles(database, {market, i, {}, {}, kCandlesKept});
    if (!candles.empty()) current_[market][i] = candles.back();
    const bool complete = candles.size() < kCandlesKept;
    book_.load_candles(market, i, std::move(candles), complete);
  }
  std::vector<Trade> trades = read_trades(database, market, kTradesKept, 0);
  const bool complete = trades.size() < kTradesKept;
  std::reverse(trades.begin(), trades.end());
  book_.load_trades(market, std::move(trades), complete);
}

// ---- events --------------------------------------------------------------------------------

std::uint64_t MarketSink::add(const follower::CommandEvents& events) {
  for (const follower::TradeEvent& event : events.trades) {
    const Trade trade{event.trade_id,
                      events.entry.sequence,
                      events.entry.time_ns,
                      event.price_ticks,
                      event.quantity_lots,
                      events::amounts_of(events, event).quote,
                      event.market,
                      event.taker_side};
    new_trades_.push_back(trade);
    for (std::size_t i = 0; i < kIntervals.size(); ++i) {
      // The engine's time never goes back: a trade is in the newest candle or begins one.
      Candle& candle = current_[trade.market][i];
      const std::int64_t open = open_time_s(trade.time_ns, kIntervals[i].seconds);
      if (candle.open_time_s != open) candle = Candle{.open_time_s = open};
      candle.add(trade);
      changed_[{trade.market, i, open}] = candle;
    }
  }
  for (const events::Bust& bust : events::busts_of(events)) {
    new_busts_.emplace_back(bust.market, bust.trade_id, events.entry.sequence);
  }
  return events.trades.size();
}

void MarketSink::commit(Database& database, const events::Cursor& from,
                        const events::Cursor& to) {
  database.begin();
  write_trades(database);
  make_anew(database);
  write_candles(database);
  events::move_cursor(database, kMarketCursor, from, to);
  database.commit();

  Changes changes;
  changes.sequence = to.sequence;
  for (const auto& [key, candle] : changed_) {
    changes.candles.push_back({std::get<0>(key), std::get<1>(key), candle});
  }
  for (const auto& [market, trade_id, sequence] : new_busts_) {
    changes.busts.emplace_back(market, trade_id);
  }
  trades_.fetch_add(new_trades_.size(), std::memory_order_relaxed);
  busts_.fetch_add(new_busts_.size(), std::memory_order_relaxed);
  if (!new_trades_.empty()) {
    const TimeNs now_ns = UtcClock().now_ns();
    const TimeNs last_ns = new_trades_.back().time_ns;
    delay_ns_.store(now_ns > last_ns ? now_ns - last_ns : 0, std::memory_order_relaxed);
  }
  changes.trades = std::move(new_trades_);
  book_.publish(changes);
  new_trades_.clear();
  new_busts_.clear();
  changed_.clear();
}

void MarketSink::write_trades(Database& database) {
  events::CopyRows rows;
  for (const Trade& trade : new_trades_) {
    rows.begin_row(8);
    rows.add(bits(trade.trade_id));
    rows.add(bits(trade.sequence));
    rows.add(bits(trade.time_ns));
    rows.add(trade.price_ticks);
    rows.add(trade.quantity_lots);
    rows.add(trade.quote_amount);
    rows.add(column(trade.market));
    rows.add(static_cast<std::int16_t>(trade.taker_side));
  }
  database.copy("marketdata.trades (trade_id, sequence, time_ns, price_ticks, quantity_lots,"
                " quote_amount, market, taker_side)",
                rows);
  events::CopyRows busts;
  for (const auto& [market, trade_id, sequence] : new_busts_) {
    busts.begin_row(3);
    busts.add(column(market));
    busts.add(bits(trade_id));
    busts.add(bits(sequence));
  }
  database.copy("marketdata.busts (market, trade_id, sequence)", busts);
}

/// The candles that held a trade which was taken back, from the trades that are left.
void MarketSink::make_anew(Database& database) {
  std::set<Key> touched;
  for (const auto& [market, trade_id, sequence] : new_busts_) {
    const Rows rows = database.run(
        "SELECT time_ns FROM marketdata.trades WHERE market = $1 AND trade_id = $2",
        {text(market), text(bits(trade_id))});
    if (rows.count() != 1) {
      throw events::Refused("sequence " + std::to_string(sequence) + " takes back trade " +
                            std::to_string(trade_id) + ", which is not there");
    }
    for (std::size_t i = 0; i < kIntervals.size(); ++i) {
      touched.insert({market, i, open_time_s(rows.bits(0, 0), kIntervals[i].seconds)});
    }
  }
  for (const Key& key : touched) {
    const auto& [market, interval, open_s] = key;
    const Rows rows = database.run(
        "WITH left_over AS (SELECT * FROM marketdata.trades t WHERE market = $1"
        "  AND time_ns >= $2 AND time_ns < $3 AND NOT EXISTS (SELECT FROM marketdata.busts b"
        "  WHERE b.market = t.market AND b.trade_id = t.trade_id)),"
        " edges AS (SELECT min(trade_id) AS first, max(trade_id) AS last FROM left_over)"
        " SELECT $2::bigint / 1000000000, max(price_ticks) FILTER (WHERE trade_id = first),"
        " max(price_ticks), min(price_ticks), max(price_ticks) FILTER (WHERE trade_id = last),"
        " sum(quantity_lots), sum(quote_amount), count(*), max(trade_id)"
        " FROM left_over, edges HAVING count(*) > 0",
        {text(market), text(open_s * kSecondNs),
         text((open_s + kIntervals[interval].seconds) * kSecondNs)});
    const Candle candle =
        rows.count() == 0 ? Candle{.open_time_s = open_s} : candle_of(rows, 0);
    changed_[key] = candle;
    Candle& current = current_[market][interval];
    if (current.open_time_s == open_s) current = candle;
  }
}

void MarketSink::write_candles(Database& database) {
  std::vector<const std::pair<const Key, Candle>*> rows;
  for (const auto& entry : changed_) {
    if (entry.second.trades != 0) {
      rows.push_back(&entry);
      continue;
    }
    const auto& [market, interval, open_s] = entry.first;
    database.run(
        "DELETE FROM marketdata.candles WHERE market = $1 AND interval_s = $2"
        " AND open_time_s = $3",
        {text(market), text(kIntervals[interval].seconds), text(open_s)});
  }
  if (rows.empty()) return;
  const auto list = [&rows](auto value) {
    return array_text(rows, [&](auto* row) { return value(row->first, row->second); });
  };
  using C = const Candle&;
  using K = const Key&;
  database.run(
      std::string("INSERT INTO marketdata.candles (market, interval_s, ") + kCandleColumns +
          ") SELECT * FROM unnest($1::int[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[],"
          " $6::bigint[], $7::bigint[], $8::numeric[], $9::numeric[], $10::bigint[],"
          " $11::bigint[]) ON CONFLICT (market, interval_s, open_time_s) DO UPDATE SET"
          " open_ticks = excluded.open_ticks, high_ticks = excluded.high_ticks,"
          " low_ticks = excluded.low_ticks, close_ticks = excluded.close_ticks,"
          " volume_lots = excluded.volume_lots, quote_volume = excluded.quote_volume,"
          " trades = excluded.trades, last_trade_id = excluded.last_trade_id",
      {list([](K k, C) { return std::get<0>(k); }),
       list([](K k, C) { return kIntervals[std::get<1>(k)].seconds; }),
       list([](K, C c) { return c.open_time_s; }), list([](K, C c) { return c.open_ticks; }),
       list([](K, C c) { return c.high_ticks; }), list([](K, C c) { return c.low_ticks; }),
       list([](K, C c) { return c.close_ticks; }), list([](K, C c) { return c.volume_lots; }),
       list([](K, C c) { return c.quote_volume; }), list([](K, C c) { return c.trades; }),
       list([](K, C c) { return bits(c.last_trade_id); })});
}

}  // namespace saker::marketdata
