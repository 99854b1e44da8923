// Candles and trades in PostgreSQL.
#pragma once

#include "events/journal_worker.hpp"
#include "marketdata/market_book.hpp"

namespace saker::marketdata {

inline constexpr const char* kMarketCursor = "marketdata.cursor";
/// Name of the writing connection; the rebuild ends connections of that name.
inline constexpr const char* kMarketConnection = "saker-marketdata";

/// Events into candles and trades. All on the worker's thread, but for what `book` answers.
class MarketSink : public events::JournalSink {
 public:
  MarketSink(std::uint16_t shard, MarketBook& book) : shard_(shard), book_(book) {}

  events::Cursor load(events::Database& database) override;
  std::uint64_t add(const follower::CommandEvents& events) override;
  void commit(events::Database& database, const events::Cursor& from,
              const events::Cursor& to) override;
  void refused(const std::string&, const events::Refused&) override {}

  // Any thread.
  std::uint64_t trades() const { return trades_.load(std::memory_order_relaxed); }
  std::uint64_t busts() const { return busts_.load(std::memory_order_relaxed); }
  /// From the last trade's engine time to its commit here.
  std::uint64_t delay_ns() const { return delay_ns_.load(std::memory_order_relaxed); }

 private:
  /// Market, position of the interval, open time.
  using Key = std::tuple<std::uint32_t, std::size_t, std::int64_t>;

  void load_market(events::Database& database, std::uint32_t market);
  void write_trades(events::Database& database);
  void make_anew(events::Database& database);
  void write_candles(events::Database& database);

  std::uint16_t shard_;
  MarketBook& book_;
  std::map<std::uint32_t, std::array<Candle, kIntervals.size()>> current_;  // the newest of each
  std::map<Key, Candle> changed_;
  std::vector<Trade> new_trades_;
  std::vector<std::tuple<std::uint32_t, std::uint64_t, Sequence>> new_busts_;
  std::atomic<std::uint64_t> trades_{0};
  std::atomic<std::uint64_t> busts_{0};
  std::atomic<std::uint64_t> delay_ns_{0};
};

/// Straight from the database, for what lies further back than memory.
std::vector<Candle> read_candles(events::Database& database, const CandleQuestion& question);
/// Newest first.
std::vector<Trade> read_trades(events::Database& database, std::uint32_t market,
                               std::size_t limit, std::uint64_t before);

}  // namespace saker::marketdata
