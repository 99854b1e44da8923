// What is answered from memory: the newest candles and trades of every market, as committed. One
// thread publishes, another one reads.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <span>

#include "marketdata/candle.hpp"

namespace saker::marketdata {

inline constexpr std::size_t kCandlesKept = 1'600;  // of a market and interval: a day of minutes
inline constexpr std::size_t kTradesKept = 1'000;   // of a market
inline constexpr std::int64_t kDayS = 86'400;

/// A candle and where it belongs. One without trades is to be removed.
struct CandleChange {
  std::uint32_t market = 0;
  std::size_t interval = 0;  // position in kIntervals
  Candle candle;
};

/// What one transaction wrote.
struct Changes {
  Sequence sequence = 0;  // the cursor's
  std::vector<Trade> trades;             // in order
  std::vector<CandleChange> candles;     // in order of market, interval, time
  std::vector<std::pair<std::uint32_t, std::uint64_t>> busts;  // market and trade id
};

struct CandleQuestion {
  std::uint32_t market = 0;
  std::size_t interval = 0;
  std::optional<std::int64_t> from_s;  // open times within [from_s, to_s)
  std::optional<std::int64_t> to_s;
  std::size_t limit = 0;
};

struct Statistics {
  std::uint32_t market = 0;
  std::optional<std::int64_t> last_ticks;  // of the last trade ever
  std::uint64_t last_trade_id = 0;
  Candle day;  // the minutes of the last 24 h; empty when there were no trades
};

class MarketBook {
 public:
  void clear();
  /// At a load: the newest ones there are, oldest first. `complete`: there are no older ones.
  void load_candles(std::uint32_t market, std::size_t interval, std::vector<Candle> candles,
                    bool complete);
  void load_trades(std::uint32_t market, std::vector<Trade> trades, bool complete);
  void publish(const Changes& changes);
  void set_sequence(Sequence sequence);

  Sequence sequence() const;
  /// Nothing when the answer lies further back than memory goes.
  std::optional<std::vector<Candle>> candles(const CandleQuestion& question) const;
  /// Newest first; ids below `before` when that is not 0. Nothing as above.
  std::optional<std::vector<Trade>> trades(std::uint32_t market, std::size_t limit,
                                           std::uint64_t before) const;
  Statistics statistics(std::uint32_t market, TimeNs now_ns) const;
  std::vector<std::uint32_t> markets() const;

 private:
  struct Series {
    std::deque<Candle> candles;
    bool complete = true;
  };
  struct Market {
    std::array<Series, kIntervals.size()> series;
    std::deque<Trade> trades;
    bool trades_complete = true;
  };
  static void put(Series& series, const Candle& candle);
  static void take_back(Market& market, std::uint64_t trade_id);

  mutable std::mutex mutex_;
  std::map<std::uint32_t, Market> markets_;
  Sequence sequence_ = 0;
};

}  // namespace saker::marketdata
